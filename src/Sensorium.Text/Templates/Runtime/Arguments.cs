namespace Sensorium.Text.Templates.Runtime;

/// <summary>What a call was given.</summary>
internal sealed class Arguments(TemplateValue[] positional, KeyValuePair<string, TemplateValue>[] named)
{
    public static Arguments None { get; } = new([], []);

    public TemplateValue[] Positional { get; } = positional;

    public KeyValuePair<string, TemplateValue>[] Named { get; } = named;

    public int Count => Positional.Length + Named.Length;

    public TemplateValue? Keyword(string name)
    {
        foreach (var (key, value) in Named)
        {
            if (key == name)
                return value;
        }
        return null;
    }

    /// <summary>The arguments in the order of their names, null where not given.</summary>
    public TemplateValue?[] Bind(string function, int required, params ReadOnlySpan<string> names)
    {
        if (Positional.Length > names.Length)
            throw Fault.Type($"{function}() takes at most {names.Length} argument(s) ({Positional.Length} given)");
        var bound = new TemplateValue?[names.Length];
        Positional.CopyTo(bound, 0);
        foreach (var (key, value) in Named)
        {
            var at = names.IndexOf(key);
            if (at < 0)
                throw Fault.Type($"{function}() got an unexpected keyword argument '{key}'");
            if (bound[at] is not null)
                throw Fault.Type($"{function}() got multiple values for argument '{key}'");
            bound[at] = value;
        }
        for (var i = 0; i < required; i++)
        {
            if (bound[i] is null)
                throw Fault.Type($"{function}() missing required argument: '{names[i]}'");
        }
        return bound;
    }

    /// <summary>Positional arguments only, between the given counts.</summary>
    public TemplateValue[] Expect(string function, int least, int most)
    {
        if (Named.Length > 0)
            throw Fault.Type($"{function}() takes no keyword arguments");
        if (Positional.Length < least || Positional.Length > most)
            throw Fault.Type($"{function}() takes {(least == most ? $"{least}" : $"{least} to {most}")} argument(s) ({Positional.Length} given)");
        return Positional;
    }

    public Arguments Skip(int count) => new(Positional[Math.Min(count, Positional.Length)..], Named);
}
