using Sensorium.Text.Templates.Runtime;

namespace Sensorium.Text.Templates;

/// <summary>continue_final_message: a mark goes behind the last message's content, and the prompt is cut where it comes out, as transformers does.</summary>
internal static class FinalMessage
{
    /// <summary>The blank behind it shows whether the template trims the content.</summary>
    const string Bare = "CONTINUE_FINAL_MESSAGE_TAG";

    const string Tag = Bare + " ";

    public static (TemplateValue Messages, string Content) Mark(string template, TemplateValue messages)
    {
        if (messages is not ListValue { Items.Length: > 0 } list || list.Items[^1] is not DictValue last)
            throw Refuse(template, "there is no final message to continue");
        var (content, text) = MarkContent(template, last.Get("content"));
        var copy = last.Copy();
        copy.Set(StrValue.Of("content"), content);
        return (new ListValue([.. list.Items[..^1], copy]), text);
    }

    public static string Cut(string template, string rendered, string content)
    {
        var at = rendered.LastIndexOf(Bare, StringComparison.Ordinal);
        if (at < 0 || !rendered.Contains(content.Trim(), StringComparison.Ordinal))
            throw Refuse(template, "the final message does not appear in the prompt (continue_final_message): the template changes or leaves out its content");
        var cut = rendered[..at];
        return string.CompareOrdinal(rendered, at, Tag, 0, Tag.Length) == 0 ? cut : cut.TrimEnd();
    }

    static (TemplateValue Content, string Text) MarkContent(string template, TemplateValue? content)
    {
        if (content is StrValue text)
            return (StrValue.Of(text.Text + Tag), text.Text);
        if (content is not SequenceValue parts)
            throw Refuse(template, "the final message has no text to continue");
        for (var i = parts.Items.Length - 1; i >= 0; i--)
        {
            if (parts.Items[i] is not DictValue part || part.Get("text") is not StrValue own)
                continue;
            var copy = part.Copy();
            copy.Set(StrValue.Of("text"), StrValue.Of(own.Text + Tag));
            var items = (TemplateValue[])parts.Items.Clone();
            items[i] = copy;
            return (new ListValue(items), own.Text);
        }
        throw Refuse(template, "the final message has no text part to continue");
    }

    static TemplateException Refuse(string template, string reason) => new(template, 0, TemplateErrorKind.Value, reason);
}
