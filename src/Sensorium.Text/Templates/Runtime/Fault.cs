namespace Sensorium.Text.Templates.Runtime;

/// <summary>A failure on its way to the rendering's boundary, where the template's name and line join it.</summary>
internal sealed class Fault(TemplateErrorKind kind, string reason) : Exception(reason)
{
    public TemplateErrorKind Kind { get; } = kind;

    public static Fault Type(string reason) => new(TemplateErrorKind.Type, reason);

    public static Fault Value(string reason) => new(TemplateErrorKind.Value, reason);

    public static Fault Budget(string reason) => new(TemplateErrorKind.Budget, reason);

    public static Fault Undefined(string reason) => new(TemplateErrorKind.Undefined, reason);

    public static Fault Argument(string reason) => new(TemplateErrorKind.FilterArgument, reason);

    public static Fault Recursion(string reason) => new(TemplateErrorKind.Recursion, reason);
}
