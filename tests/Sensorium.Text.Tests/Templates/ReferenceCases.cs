using System.Text.Json;
using Sensorium.Text.Templates;

namespace Sensorium.Text.Tests.Templates;

/// <summary>Reads the bundles <c>jinja</c> and <c>chat-templates</c> where they are: among the repository's own bundles, or in shared/conformance beside it.</summary>
internal static class ReferenceCases
{
    public static string? Find(string bundle)
    {
        for (var folder = new DirectoryInfo(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            foreach (var place in (string[])["tests/Sensorium.Conformance/bundles", "shared/conformance"])
            {
                var path = Path.Combine(folder.FullName, place, bundle);
                if (File.Exists(Path.Combine(path, "case.json")))
                    return path;
            }
        }
        return null;
    }

    /// <summary>Runs every case of a bundle and returns what went wrong, a line a case.</summary>
    public static (int Count, List<string> Failures) Run(string folder)
    {
        using var document = JsonDocument.Parse(File.ReadAllBytes(Path.Combine(folder, "case.json")));
        var bundle = document.RootElement;
        var clock = new FixedClock(DateTime.Parse(bundle.GetProperty("now").GetString()!, System.Globalization.CultureInfo.InvariantCulture));
        var failures = new List<string>();
        var count = 0;
        foreach (var check in bundle.GetProperty("checks").EnumerateArray())
        {
            foreach (var one in check.GetProperty("cases").EnumerateArray())
            {
                count++;
                var label = $"{check.GetProperty("name").GetString()}: {(one.TryGetProperty("template", out var inline) ? inline : one.GetProperty("conversation")).GetString()}";
                var failure = Compare(one, () => Render(folder, bundle, check, one, clock));
                if (failure is not null)
                    failures.Add($"{label}: {failure}");
            }
        }
        return (count, failures);
    }

    static string Render(string folder, JsonElement bundle, JsonElement check, JsonElement one, TimeProvider clock)
    {
        if (one.TryGetProperty("template", out var inline))
        {
            var variables = bundle.GetProperty("variables").EnumerateObject().ToDictionary(p => p.Name, p => TemplateValue.From(p.Value), StringComparer.Ordinal);
            return ChatTemplate.Parse(inline.GetString()!, "snippet").Render(variables, clock);
        }
        var name = check.GetProperty("template").GetString()!;
        var conversation = bundle.GetProperty("conversations").GetProperty(one.GetProperty("conversation").GetString()!);
        var options = one.GetProperty("options").EnumerateObject().ToDictionary(p => p.Name, p => p.Value, StringComparer.Ordinal);
        var request = new ChatTemplateRequest
        {
            Messages = TemplateValue.From(conversation.GetProperty("messages")),
            Tools = conversation.TryGetProperty("tools", out var tools) ? TemplateValue.From(tools) : null,
            Documents = conversation.TryGetProperty("documents", out var documents) ? TemplateValue.From(documents) : null,
            AddGenerationPrompt = options.Remove("add_generation_prompt", out var add) && add.GetBoolean(),
            ContinueFinalMessage = options.Remove("continue_final_message", out var resume) && resume.GetBoolean(),
            SpecialTokens = check.GetProperty("special_tokens").EnumerateObject().ToDictionary(p => p.Name, p => p.Value.GetString()!, StringComparer.Ordinal),
            Variables = options.ToDictionary(p => p.Key, p => TemplateValue.From(p.Value), StringComparer.Ordinal),
            Clock = clock,
        };
        return ChatTemplate.Parse(File.ReadAllText(Path.Combine(folder, name)), name).Render(request);
    }

    static string? Compare(JsonElement one, Func<string> render)
    {
        var expectsError = one.TryGetProperty("error", out var error);
        string text;
        try
        {
            text = render();
        }
        catch (TemplateException e)
        {
            if (!expectsError)
                return $"failed: {e.Message}";
            var raised = one.GetProperty("error_kind").GetString() == "raise_exception";
            if (raised != (e.Kind == TemplateErrorKind.Raised))
                return $"expected {error} but it failed with {e.Kind}: {e.Message}";
            if (raised && e.Reason != error.GetString())
                return $"raised {e.Reason}, expected {error}";
            return !raised && error.GetString() is { } kind && kind.EndsWith("Error", StringComparison.Ordinal) && KindOf(kind) != e.Kind ? $"expected {kind}, got {e.Kind}: {e.Message}" : null;
        }
        if (expectsError)
            return $"expected {error}, got {text}";
        var expected = one.GetProperty("text").GetString()!;
        return text == expected ? null : $"\n  expected {JsonSerializer.Serialize(expected)}\n  but got  {JsonSerializer.Serialize(text)}";
    }

    static TemplateErrorKind KindOf(string python) => python switch
    {
        "TemplateSyntaxError" => TemplateErrorKind.Syntax,
        "UndefinedError" => TemplateErrorKind.Undefined,
        "TypeError" => TemplateErrorKind.Type,
        "SecurityError" => TemplateErrorKind.Security,
        "RecursionError" => TemplateErrorKind.Recursion,
        _ => TemplateErrorKind.Runtime,
    };
}

internal sealed class FixedClock(DateTime now) : TimeProvider
{
    public override TimeZoneInfo LocalTimeZone => TimeZoneInfo.Utc;

    public override DateTimeOffset GetUtcNow() => new(now, TimeSpan.Zero);
}
