using System.Text;
using Sensorium.Text.Templates;
using Sensorium.Text.Tokenizers;

namespace Sensorium.Models.Systems;

/// <summary>What a chat template takes as a message's content.</summary>
enum ContentForm
{
    /// <summary>A string.</summary>
    Text,

    /// <summary>A list of parts, <c>{"type": "image"}</c> and <c>{"type": "text", "text": …}</c>.</summary>
    Parts,
}

/// <summary>Chat templates and tokenizers as a prompt needs them.</summary>
static class Templates
{
    const string Needle = "needle7haystack";

    /// <summary>Which form a template takes, found by trying: what it leaves out, or prints as a list, it does not take.</summary>
    /// <param name="template">The template.</param>
    /// <param name="tokenizer">Whose special tokens it may name.</param>
    /// <param name="placeholder">What it has to print for a picture in a list; null: lists are only used where strings do not do.</param>
    public static ContentForm FormOf(ChatTemplate template, Tokenizer tokenizer, string? placeholder)
    {
        string? parts = Try(Value("user", [PicturePart, TextPart(Needle)]));
        bool takesParts = parts is not null && parts.Contains(Needle, StringComparison.Ordinal) && !parts.Contains("'type'", StringComparison.Ordinal);
        if (placeholder is not null && takesParts && parts!.Contains(placeholder, StringComparison.Ordinal))
        {
            return ContentForm.Parts;
        }

        string? text = Try(Value("user", TemplateValue.From(Needle)));
        return takesParts && text?.Contains(Needle, StringComparison.Ordinal) != true ? ContentForm.Parts : ContentForm.Text;

        string? Try(TemplateValue message)
        {
            try
            {
                return Render(template, tokenizer, [message]);
            }
            catch (TemplateException)
            {
                return null;
            }
        }
    }

    /// <summary>Renders a conversation, up to where the answer begins.</summary>
    public static string Render(ChatTemplate template, Tokenizer tokenizer, IEnumerable<TemplateValue> messages) =>
        template.Render(new ChatTemplateRequest
        {
            Messages = TemplateValue.List(messages),
            AddGenerationPrompt = true,
            SpecialTokens = SpecialTokens(tokenizer),
        });

    /// <summary>A message as the template takes it.</summary>
    /// <param name="message">The message.</param>
    /// <param name="form">What the template takes.</param>
    /// <param name="picture">What stands for a picture in a string.</param>
    /// <param name="hasPictureParts">Whether the template prints something for a picture in a list; else the string stands there.</param>
    public static TemplateValue MessageOf(Message message, ContentForm form, string picture, bool hasPictureParts)
    {
        if (form == ContentForm.Parts)
        {
            return Value(message.Role, [.. message.Parts.Select(part => part is ContentPart.Text words ? TextPart(words.Value) : hasPictureParts ? PicturePart : TextPart(picture))]);
        }

        var text = new StringBuilder();
        foreach (ContentPart part in message.Parts)
        {
            text.Append(part is ContentPart.Text words ? words.Value : picture);
        }

        return Value(message.Role, TemplateValue.From(text.ToString()));
    }

    /// <summary>A piece of a rendered prompt as ids: special tokens count, none is added.</summary>
    public static int[] Encode(Tokenizer tokenizer, string piece) => tokenizer.EncodeIds(piece, addSpecialTokens: false);

    /// <summary>A whole rendered prompt as ids, as transformers' processors do it: the tokenizer's own first token is added where the template printed none.</summary>
    public static int[] EncodeWhole(Tokenizer tokenizer, string prompt)
    {
        bool begun = tokenizer.Special.Bos is { } bos && tokenizer.TokenOf(bos) is { Length: > 0 } text && prompt.StartsWith(text, StringComparison.Ordinal);
        return tokenizer.EncodeIds(prompt, addSpecialTokens: !begun);
    }

    static TemplateValue PicturePart => TemplateValue.Mapping(KeyValuePair.Create("type", TemplateValue.From("image")));

    static TemplateValue TextPart(string text) =>
        TemplateValue.Mapping(KeyValuePair.Create("type", TemplateValue.From("text")), KeyValuePair.Create("text", TemplateValue.From(text)));

    static TemplateValue Value(string role, TemplateValue[] parts) => Value(role, TemplateValue.List(parts));

    static TemplateValue Value(string role, TemplateValue content) =>
        TemplateValue.Mapping(KeyValuePair.Create("role", TemplateValue.From(role)), KeyValuePair.Create("content", content));

    static Dictionary<string, string> SpecialTokens(Tokenizer tokenizer)
    {
        var tokens = new Dictionary<string, string>(StringComparer.Ordinal);
        Add("bos_token", tokenizer.Special.Bos);
        Add("eos_token", tokenizer.Special.Eos);
        Add("unk_token", tokenizer.Special.Unknown);
        Add("pad_token", tokenizer.Special.Pad);
        return tokens;

        void Add(string name, int? id)
        {
            if (id is { } known && tokenizer.TokenOf(known) is { } text)
            {
                tokens[name] = text;
            }
        }
    }
}
