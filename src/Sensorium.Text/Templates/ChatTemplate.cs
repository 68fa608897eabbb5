using Sensorium.Text.Templates.Builtins;
using Sensorium.Text.Templates.Runtime;
using Sensorium.Text.Templates.Syntax;

namespace Sensorium.Text.Templates;

/// <summary>A chat template as checkpoints carry it: Jinja2 3.1 in the environment of transformers' <c>apply_chat_template</c> (trim_blocks, lstrip_blocks, loop controls, immutable sandbox, its own tojson, raise_exception, strftime_now, generation blocks). Immutable, to be shared by threads.</summary>
public sealed class ChatTemplate
{
    readonly ParsedTemplate parsed;
    readonly TemplateValue?[] globals;
    readonly TemplateLimits limits;

    ChatTemplate(string name, string source, ParsedTemplate parsed, TemplateLimits limits)
    {
        Name = name;
        Source = source;
        this.parsed = parsed;
        this.limits = limits;
        globals = new TemplateValue?[parsed.Names.Count];
        for (var i = 0; i < globals.Length; i++)
            globals[i] = Globals.Find(parsed.Names[i]);
    }

    /// <summary>The name that errors tell: the file, or the key that the template was read from.</summary>
    public string Name { get; }

    /// <summary>The template's text.</summary>
    public string Source { get; }

    /// <summary>The variables that the template mentions, its own among them; so one can see whether it knows tools, or images.</summary>
    public IReadOnlyList<string> Variables => parsed.Names;

    /// <summary>Parses a template.</summary>
    /// <param name="source">The template's text; one line feed at its end is dropped.</param>
    /// <param name="name">What errors call it.</param>
    /// <param name="limits">What a rendering may use up; null for the default.</param>
    /// <exception cref="TemplateException">The text is no template (<see cref="TemplateErrorKind.Syntax"/>), or nests too deeply, or is too long.</exception>
    public static ChatTemplate Parse(string source, string name, TemplateLimits? limits = null)
    {
        ArgumentNullException.ThrowIfNull(source);
        ArgumentNullException.ThrowIfNull(name);
        limits ??= TemplateLimits.Default;
        if (source.Length > limits.MaxSourceLength)
            throw new TemplateException(name, 0, TemplateErrorKind.Budget, $"the template has {source.Length} characters, more than the {limits.MaxSourceLength} that are allowed");
        try
        {
            return new ChatTemplate(name, source, Parser.Parse(source, limits.MaxNesting), limits);
        }
        catch (SyntaxFault fault)
        {
            throw new TemplateException(name, fault.Line, fault.Kind, fault.Message, fault);
        }
    }

    /// <summary>Renders a conversation, as <c>apply_chat_template</c> does.</summary>
    /// <param name="request">The conversation and the template's variables.</param>
    /// <returns>The prompt.</returns>
    /// <exception cref="TemplateException">The template refuses the conversation (<see cref="TemplateErrorKind.Raised"/>), fails on it, or uses up its limits; or its text does not hold the message that is to be continued.</exception>
    public string Render(ChatTemplateRequest request)
    {
        ArgumentNullException.ThrowIfNull(request);
        var messages = ReasoningAlias(request.Messages);
        string? final = null;
        if (request.ContinueFinalMessage)
        {
            if (request.AddGenerationPrompt)
                throw new TemplateException(Name, 0, TemplateErrorKind.Value, "a final message cannot be continued and followed by a generation prompt at once");
            (messages, final) = FinalMessage.Mark(Name, messages);
        }
        var variables = new Dictionary<string, TemplateValue>(StringComparer.Ordinal)
        {
            ["messages"] = messages,
            ["tools"] = request.Tools ?? TemplateValue.None,
            ["documents"] = request.Documents ?? TemplateValue.None,
            ["add_generation_prompt"] = TemplateValue.From(request.AddGenerationPrompt),
        };
        foreach (var (key, token) in request.SpecialTokens)
            variables[key] = TemplateValue.From(token);
        foreach (var (key, value) in request.Variables)
            variables[key] = value;
        var text = Render(variables, request.Clock);
        return final is null ? text : FinalMessage.Cut(Name, text, final);
    }

    /// <summary>Renders with the given variables and nothing else.</summary>
    /// <param name="variables">The template's variables by name.</param>
    /// <param name="clock">The clock that <c>strftime_now</c> reads; null for the system's.</param>
    /// <exception cref="TemplateException">The template fails or uses up its limits.</exception>
    public string Render(IReadOnlyDictionary<string, TemplateValue> variables, TimeProvider? clock = null)
    {
        ArgumentNullException.ThrowIfNull(variables);
        var root = (TemplateValue?[])globals.Clone();
        var size = (long)Source.Length;
        for (var i = 0; i < root.Length; i++)
        {
            if (variables.TryGetValue(parsed.Names[i], out var value))
            {
                root[i] = value;
                size += InputSize.Of(value);
            }
            else if (parsed.Names[i] == "self")
            {
                root[i] = new BlocksValue(parsed.Blocks);
            }
        }
        var meter = new Meter(limits, size);
        var state = new RenderState(parsed, root, meter, clock ?? TimeProvider.System);
        var outer = Meter.Current;
        Meter.Current = meter;
        try
        {
            Statement.RunAll(state, parsed.Body);
            return state.Output.ToString();
        }
        catch (Fault fault)
        {
            throw new TemplateException(Name, state.Line, fault.Kind, fault.Message, fault);
        }
        finally
        {
            Meter.Current = outer;
        }
    }

    /// <summary>A message's reasoning_content under the name that older templates read.</summary>
    static TemplateValue ReasoningAlias(TemplateValue messages)
    {
        if (messages is not ListValue list)
            return messages;
        TemplateValue[]? changed = null;
        for (var i = 0; i < list.Items.Length; i++)
        {
            if (list.Items[i] is not DictValue message || message.Get("reasoning_content") is not { } reasoning || message.Get("thinking") is not null)
                continue;
            var copy = message.Copy();
            copy.Set(StrValue.Of("thinking"), reasoning);
            changed ??= (TemplateValue[])list.Items.Clone();
            changed[i] = copy;
        }
        return changed is null ? messages : new ListValue(changed);
    }
}
