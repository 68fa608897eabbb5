using System.Globalization;
using System.Text.Json;
using Sensorium.Text.Templates;

namespace Sensorium.Cli.Verify.Kinds;

/// <summary><c>chat-template</c>: templates rendered with given variables, to their text or their error.</summary>
sealed class ChatTemplateCheck : ICheckKind
{
    public string Kind => "chat-template";

    public IEnumerable<CheckRow> Run(Check check, VerifySession session)
    {
        JsonElement bundle = check.Bundle.Json;
        if (bundle.TryGetProperty("conversations", out _))
        {
            throw new SkipException("conversations through whole chat templates are not built yet");
        }

        var clock = new FixedClock(DateTimeOffset.Parse(bundle.GetProperty("now").GetString()!, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal));
        Dictionary<string, TemplateValue> variables = bundle.GetProperty("variables").EnumerateObject().ToDictionary(p => p.Name, p => TemplateValue.From(p.Value), StringComparer.Ordinal);
        var cases = new CaseCounter(check.Name);
        foreach (JsonElement one in check.Json.GetProperty("cases").EnumerateArray())
        {
            string template = one.GetProperty("template").GetString()!;
            cases.Count(template, () => Difference(one, template, variables, clock));
        }

        return cases.Rows;
    }

    /// <summary>What is different, or null.</summary>
    static string? Difference(JsonElement one, string template, Dictionary<string, TemplateValue> variables, TimeProvider clock)
    {
        bool fails = one.TryGetProperty("error", out JsonElement error);
        try
        {
            string text = ChatTemplate.Parse(template, "template").Render(variables, clock);
            return fails ? $"gives '{text}', expected the error {error.GetString()}"
                : string.Equals(text, one.GetProperty("text").GetString(), StringComparison.Ordinal) ? null
                : $"gives '{text}', expected '{one.GetProperty("text").GetString()}'";
        }
        catch (TemplateException e)
        {
            bool raised = fails && one.TryGetProperty("error_kind", out JsonElement kind) && kind.ValueEquals("raise_exception");
            return !fails ? $"fails: {e.Message}"
                : raised && !e.Message.Contains(error.GetString()!, StringComparison.Ordinal) ? $"raises '{e.Message}', expected '{error.GetString()}'"
                : null;
        }
    }

    sealed class FixedClock(DateTimeOffset now) : TimeProvider
    {
        public override TimeZoneInfo LocalTimeZone => TimeZoneInfo.Utc;

        public override DateTimeOffset GetUtcNow() => now;
    }
}
