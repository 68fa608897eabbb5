using Sensorium.Text.Templates.Builtins;
using System.Text;
using Sensorium.Text.Templates.Syntax;

namespace Sensorium.Text.Templates.Runtime;

/// <summary>Variables of one scope; a template's names are numbers, given by the parser.</summary>
internal sealed class Frame(Frame? parent)
{
    int[] names = new int[4];
    TemplateValue[] values = new TemplateValue[4];

    public Frame? Parent { get; } = parent;

    public int Count { get; private set; }

    public ReadOnlySpan<TemplateValue> Values => values.AsSpan(0, Count);

    public TemplateValue? Get(int name)
    {
        for (var i = 0; i < Count; i++)
        {
            if (names[i] == name)
                return values[i];
        }
        return null;
    }

    public void Set(int name, TemplateValue value)
    {
        for (var i = 0; i < Count; i++)
        {
            if (names[i] == name)
            {
                values[i] = value;
                return;
            }
        }
        if (Count == names.Length)
        {
            Array.Resize(ref names, Count * 2);
            Array.Resize(ref values, Count * 2);
        }
        names[Count] = name;
        values[Count++] = value;
    }

    public void Clear() => Count = 0;
}

/// <summary>One rendering: its variables, its output so far, and what it has used up.</summary>
internal sealed class RenderState
{
    readonly TemplateValue?[] root;
    readonly ParsedTemplate template;
    readonly List<StringBuilder> pool = [];

    public RenderState(ParsedTemplate template, TemplateValue?[] root, Meter meter, TimeProvider clock)
    {
        this.template = template;
        this.root = root;
        Meter = meter;
        Clock = clock;
        meter.Survey = () => new Survey().Measure(this, root);
    }

    public Meter Meter { get; }

    public TimeProvider Clock { get; }

    public StringBuilder Output { get; private set; } = new();

    /// <summary>The innermost scope; null at the template's top level.</summary>
    public Frame? Scope { get; set; }

    /// <summary>The line that is being rendered.</summary>
    public int Line { get; set; }

    public bool Autoescape { get; set; }

    /// <summary>Values that statements hold outside of variables (what a loop goes through), for the survey of memory.</summary>
    public List<object> Held { get; } = [];

    public IReadOnlyList<string> Names => template.Names;

    public IReadOnlyDictionary<string, Statement> Blocks => template.Blocks;

    public TemplateValue Load(int name)
    {
        for (var scope = Scope; scope is not null; scope = scope.Parent)
        {
            if (scope.Get(name) is { } value)
                return value;
        }
        return root[name] ?? new UndefinedValue(template.Names[name]);
    }

    public void Store(int name, TemplateValue value)
    {
        if (Scope is null)
            root[name] = value;
        else
            Scope.Set(name, value);
    }

    public void Write(TemplateValue value)
    {
        if (Autoescape && value is not UndefinedValue)
            value = Html.Escape(this, value);
        Write(Printer.Str(Meter, value));
    }

    public void Write(string text)
    {
        Meter.Allocate(text.Length);
        Output.Append(text);
    }

    /// <summary>Collects what is written from here on; <see cref="EndCapture"/> takes it.</summary>
    public StringBuilder BeginCapture()
    {
        var outer = Output;
        if (pool.Count > 0)
        {
            Output = pool[^1];
            pool.RemoveAt(pool.Count - 1);
        }
        else
        {
            Output = new StringBuilder();
        }
        Held.Add(outer);
        return outer;
    }

    public StrValue EndCapture(StringBuilder outer)
    {
        var text = Output.ToString();
        if (Output.Capacity <= 1 << 14)
            pool.Add(Output.Clear());
        Output = outer;
        Held.RemoveAt(Held.Count - 1);
        return Autoescape ? StrValue.Markup(text) : StrValue.Of(text);
    }
}
