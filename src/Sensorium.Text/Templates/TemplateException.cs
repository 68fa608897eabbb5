namespace Sensorium.Text.Templates;

/// <summary>A chat template that cannot be parsed, or that failed while it was rendered.</summary>
public sealed class TemplateException : Exception
{
    /// <param name="template">The template's name: its file, or the key that it was read from.</param>
    /// <param name="line">The line in the template, from 1; 0 where no line can be named.</param>
    /// <param name="kind">What went wrong.</param>
    /// <param name="reason">What went wrong, in words.</param>
    /// <param name="inner">The exception underneath, where there is one.</param>
    public TemplateException(string template, int line, TemplateErrorKind kind, string reason, Exception? inner = null)
        : base(line > 0 ? $"{template}, line {line}: {Describe(kind, reason)}" : $"{template}: {Describe(kind, reason)}", inner)
    {
        Template = template;
        Line = line;
        Kind = kind;
        Reason = reason;
    }

    /// <summary>The template's name: its file, or the key that it was read from.</summary>
    public string Template { get; }

    /// <summary>The line in the template, from 1; 0 where no line can be named.</summary>
    public int Line { get; }

    /// <summary>What went wrong.</summary>
    public TemplateErrorKind Kind { get; }

    /// <summary>What went wrong, in words; for <see cref="TemplateErrorKind.Raised"/> the text that the template raised.</summary>
    public string Reason { get; }

    static string Describe(TemplateErrorKind kind, string reason) => kind switch
    {
        TemplateErrorKind.Syntax => "syntax error: " + reason,
        TemplateErrorKind.Raised => "the template refuses: " + reason,
        TemplateErrorKind.Budget => reason,
        _ => $"{kind} error: {reason}",
    };
}
