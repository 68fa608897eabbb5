namespace Sensorium.Models.Systems;

/// <summary>
/// Turns a conversation into spans. Where the vocabulary has a token that stands for a picture, the rendered prompt is
/// tokenised whole and pictures take that token's places; else a mark stands in the text, and what is between the marks is
/// tokenised piece by piece.
/// </summary>
static class PromptLayout
{
    public static IReadOnlyList<PromptSpan> Of(LanguageSystem system, IReadOnlyList<Message> messages)
    {
        if (system.ChatTemplate is null)
        {
            throw new RequestException(RequestError.NoChatTemplate, $"{system.Name} has no chat template, so it cannot hold a conversation; use a chat model, or continue plain text with --raw");
        }

        List<Picture> pictures = [.. messages.SelectMany(m => m.Parts).OfType<ContentPart.Image>().Select(p => p.Picture)];
        Admit(system, pictures.Count);
        return system.PicturePlaceholder is { } id && system.Tokenizer.TokenOf(id) is { Length: > 0 } placeholder
            ? ByPlaceholder(system, messages, pictures, id, placeholder)
            : ByMark(system, messages, pictures);
    }

    static List<PromptSpan> ByPlaceholder(LanguageSystem system, IReadOnlyList<Message> messages, List<Picture> pictures, int id, string placeholder)
    {
        int[] ids = Templates.EncodeWhole(system.Tokenizer, Render(system, messages, placeholder, hasPictureParts: true));
        int found = ids.Count(i => i == id);
        if (found != pictures.Count)
        {
            bool said = messages.SelectMany(m => m.Parts).OfType<ContentPart.Text>().Any(t => t.Value.Contains(placeholder, StringComparison.Ordinal));
            throw new RequestException(
                RequestError.UnsupportedContent,
                said ? $"a message's text holds '{placeholder}', which stands for a picture of {system.Name}; leave it out" : LostPicture(system));
        }

        var spans = new List<PromptSpan>();
        int begin = 0;
        foreach (Picture picture in pictures)
        {
            int at = Array.IndexOf(ids, id, begin);
            AddText(spans, ids[begin..at]);
            spans.Add(PromptSpan.Of(picture, system.SoftTokens(picture)));
            begin = at + 1;
        }

        AddText(spans, ids[begin..]);
        return spans;
    }

    static List<PromptSpan> ByMark(LanguageSystem system, IReadOnlyList<Message> messages, List<Picture> pictures)
    {
        string mark = Mark(messages);
        string[] pieces = Render(system, messages, mark, hasPictureParts: false).Split(mark);
        if (pieces.Length != pictures.Count + 1)
        {
            throw new RequestException(RequestError.UnsupportedContent, LostPicture(system));
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

    static string Render(LanguageSystem system, IReadOnlyList<Message> messages, string picture, bool hasPictureParts) => Templates.Render(
        system.ChatTemplate!, system.Tokenizer, messages.Select(m => Templates.MessageOf(m, system.ContentForm, picture + system.AfterPicture, hasPictureParts)));

    static void AddText(List<PromptSpan> spans, int[] ids)
    {
        if (ids.Length > 0)
        {
            spans.Add(PromptSpan.Of(ids));
        }
    }

    static string LostPicture(LanguageSystem system) => $"the chat template of {system.Name} left out or repeated a picture";

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
