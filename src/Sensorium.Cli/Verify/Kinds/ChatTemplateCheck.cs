using System.Globalization;
using System.Text.Json;
using Sensorium.Text.Templates;

namespace Sensorium.Cli.Verify.Kinds;

/// <summary><c>chat-template</c>: templates rendered to their text or their error, whole ones on conversations and small ones on given variables.</summary>
sealed class ChatTemplateCheck : ICheckKind
{
    public string Kind => "chat-template";

    public IEnumerable<CheckRow> Run(Check check, VerifySession session)
    {
        var clock = new FixedClock(DateTimeOffset.Parse(check.Bundle.Json.GetProperty("now").GetString()!, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal));
        Func<JsonElement, string> render = check.Text("template") is { } file ? Conversations(check, File.ReadAllText(check.Find(file)), file, clock) : Snippets(check, clock);
        var cases = new CaseCounter(check.Name);
        foreach (JsonElement one in check.Json.GetProperty("cases").EnumerateArray())
        {
            string name = one.TryGetProperty("conversation", out JsonElement conversation) ? conversation.GetString()! : one.GetProperty("template").GetString()!;
            cases.Count(name, () => Difference(one, render));
        }

        return cases.Rows;
    }

    static Func<JsonElement, string> Snippets(Check check, TimeProvider clock)
    {
        Dictionary<string, TemplateValue> variables = Variables(check.Bundle.Json.GetProperty("variables"));
        return one => ChatTemplate.Parse(one.GetProperty("template").GetString()!, "template").Render(variables, clock);
    }

    static Func<JsonElement, string> Conversations(Check check, string text, string file, TimeProvider clock)
    {
        JsonElement conversations = check.Bundle.Json.GetProperty("conversations");
        Dictionary<string, string> specialTokens = check.Json.GetProperty("special_tokens").EnumerateObject().ToDictionary(t => t.Name, t => t.Value.GetString()!, StringComparer.Ordinal);
        return one =>
        {
            JsonElement conversation = conversations.GetProperty(one.GetProperty("conversation").GetString()!);
            Dictionary<string, TemplateValue> options = one.TryGetProperty("options", out JsonElement given) ? Variables(given) : [];
            return ChatTemplate.Parse(text, file).Render(new ChatTemplateRequest
            {
                Messages = TemplateValue.From(conversation.GetProperty("messages")),
                Tools = conversation.TryGetProperty("tools", out JsonElement tools) ? TemplateValue.From(tools) : null,
                Documents = conversation.TryGetProperty("documents", out JsonElement documents) ? TemplateValue.From(documents) : null,
                AddGenerationPrompt = Take("add_generation_prompt"),
                ContinueFinalMessage = Take("continue_final_message"),
                SpecialTokens = specialTokens,
                Variables = options,
                Clock = clock,
            });

            bool Take(string key) => options.Remove(key) && given.GetProperty(key).GetBoolean();
        };
    }

    static Dictionary<string, TemplateValue> Variables(JsonElement json) =>
        json.EnumerateObject().ToDictionary(p => p.Name, p => TemplateValue.From(p.Value), StringComparer.Ordinal);

    /// <summary>What is different, or null.</summary>
    static string? Difference(JsonElement one, Func<JsonElement, string> render)
    {
        bool fails = one.TryGetProperty("error", out JsonElement error);
        try
        {
            string text = render(one);
            return fails ? $"gives '{text}', expected the error {error.GetString()}"
                : string.Equals(text, one.GetProperty("text").GetString(), StringComparison.Ordinal) ? null
                : $"gives '{text}', expected '{one.GetProperty("text").GetString()}'";
        }
        catch (TemplateException e)
        {
            return fails ? ErrorDifference(one, error.GetString()!, e) : $"fails: {e.Message}";
        }
    }

    // The wording is free but for what the template itself raises.
    static string? ErrorDifference(JsonElement one, string error, TemplateException e)
    {
        bool raised = one.TryGetProperty("error_kind", out JsonElement kind) && kind.ValueEquals("raise_exception");
        return raised != (e.Kind == TemplateErrorKind.Raised) ? $"fails with '{e.Message}', expected {error}"
            : raised && !string.Equals(e.Reason, error, StringComparison.Ordinal) ? $"raises '{e.Reason}', expected '{error}'"
            : !raised && KindOf(error) is { } expected && expected != e.Kind ? $"fails with {e.Kind} ({e.Reason}), expected {error}"
            : null;
    }

    static TemplateErrorKind? KindOf(string python) => python switch
    {
        "TemplateSyntaxError" => TemplateErrorKind.Syntax,
        "UndefinedError" => TemplateErrorKind.Undefined,
        "TypeError" => TemplateErrorKind.Type,
        "SecurityError" => TemplateErrorKind.Security,
        "RecursionError" => TemplateErrorKind.Recursion,
        _ when python.EndsWith("Error", StringComparison.Ordinal) => TemplateErrorKind.Runtime,
        _ => null,
    };

    sealed class FixedClock(DateTimeOffset now) : TimeProvider
    {
        public override TimeZoneInfo LocalTimeZone => TimeZoneInfo.Utc;

        public override DateTimeOffset GetUtcNow() => now;
    }
}
