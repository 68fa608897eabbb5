using System.Text.Json;
using Sensorium.Text.Templates;

namespace Sensorium.Text.Tests.Templates;

/// <summary>Templates with what Jinja2 3.1.6 makes of them in the environment of transformers (language-cases.json).</summary>
internal static class LanguageCases
{
    static readonly JsonDocument Document = JsonDocument.Parse(File.ReadAllBytes(Path.Combine(AppContext.BaseDirectory, "Templates", "language-cases.json")));

    public static Dictionary<string, TemplateValue> Variables { get; } =
        Document.RootElement.GetProperty("variables").EnumerateObject().ToDictionary(p => p.Name, p => TemplateValue.From(p.Value), StringComparer.Ordinal);

    public static IEnumerable<(string Template, string? Text, string? Error)> All() =>
        Document.RootElement.GetProperty("cases").EnumerateArray().Select(c => (
            c.GetProperty("template").GetString()!,
            c.TryGetProperty("text", out var text) ? text.GetString() : null,
            c.TryGetProperty("error", out var error) ? error.GetString() : null));
}
