using System.Text;

namespace Sensorium.Models.Systems;

/// <summary>
/// Turns a conversation into spans: the chat template is rendered with a mark where each picture stands, and the text
/// between the marks is tokenised piece by piece.
/// </summary>
static class PromptLayout
{
    public static IReadOnlyList<PromptSpan> Of(LanguageSystem system, IReadOnlyList<Message> messages)
    {
        if (system.ChatTemplate is not { } template)
        {
            throw new RequestException(RequestError.NoChatTemplate, $"{system.Name} has no chat template, so it cannot hold a conversation; use a chat model, or continue plain text with --raw");
        }

        List<Picture> pictures = [.. messages.SelectMany(m => m.Parts).OfType<ContentPart.Image>().Select(p => p.Picture)];
        Admit(system, pictures.Count);
        string mark = Mark(messages);
        string text = Templates.Render(template, system.Tokenizer, [.. messages.Select(m => (m.Role, Flat(m, mark)))]);
        string[] pieces = text.Split(mark);
        if (pieces.Length != pictures.Count + 1)
        {
            throw new RequestException(RequestError.UnsupportedContent, $"the chat template of {system.Name} left out or repeated a picture");
        }

        var spans = new List<PromptSpan>();
        for (int i = 0; i < pieces.Length; i++)
        {
            if (i > 0)
            {
                spans.Add(PromptSpan.Of(pictures[i - 1], system.SoftTokens(pictures[i - 1])));
            }

            if (pieces[i].Length > 0)
            {
                spans.Add(PromptSpan.Of(Templates.Encode(system.Tokenizer, pieces[i])));
            }
        }

        return spans;
    }

    /// <exception cref="RequestException">The model takes no pictures, or fewer.</exception>
    public static void Admit(LanguageSystem system, int pictures)
    {
        if (pictures > 0 && system.MaxPictures == 0)
        {
            throw new RequestException(RequestError.UnsupportedContent, $"{system.Name} is a model of text alone and takes no pictures; the default model (--model nano) does");
        }

        if (pictures > system.MaxPictures)
        {
            throw new RequestException(RequestError.TooManyPictures, $"{pictures} pictures; {system.Name} takes {system.MaxPictures} at most");
        }
    }

    static string Flat(Message message, string mark)
    {
        var text = new StringBuilder();
        foreach (ContentPart part in message.Parts)
        {
            text.Append(part is ContentPart.Text words ? words.Value : mark);
        }

        return text.ToString();
    }

    /// <summary>A string of private-use characters that no message contains.</summary>
    static string Mark(IReadOnlyList<Message> messages)
    {
        string mark = "\uE000\uE001";
        while (messages.SelectMany(m => m.Parts).OfType<ContentPart.Text>().Any(t => t.Value.Contains(mark, StringComparison.Ordinal)))
        {
            mark += "\uE001";
        }

        return mark;
    }
}
