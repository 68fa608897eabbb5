using System.Globalization;

namespace Sensorium.Models.Systems;

/// <summary>
/// Turns a message into the source of an encoder–decoder that has no chat template: its text as it stands, what the system
/// says before it on lines of its own, with the special tokens that the tokenizer adds.
/// </summary>
static class SourceLayout
{
    public static IReadOnlyList<PromptSpan> Of(LanguageSystem system, IReadOnlyList<Message> messages)
    {
        Message[] others = [.. messages.Where(m => m.Role != "system")];
        if (others is not [{ Role: "user" }])
        {
            throw new RequestException(RequestError.UnsupportedContent, string.Create(
                CultureInfo.InvariantCulture,
                $"{system.Name} has no chat template and answers one message by itself; {others.Length} were given ({string.Join(", ", others.Select(m => m.Role))}): give one of the user, with all that it needs in it"));
        }

        PromptLayout.Admit(system, messages.Sum(m => m.Parts.OfType<ContentPart.Image>().Count()));
        IEnumerable<string> texts = messages.OrderBy(m => m.Role == "user").Select(m => string.Concat(m.Parts.OfType<ContentPart.Text>().Select(t => t.Value)));
        return [PromptSpan.Of(system.Tokenizer.EncodeIds(string.Join('\n', texts)))];
    }
}
