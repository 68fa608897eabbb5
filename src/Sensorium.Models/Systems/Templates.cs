using Sensorium.Text.Templates;
using Sensorium.Text.Tokenizers;

namespace Sensorium.Models.Systems;

/// <summary>Chat templates and tokenizers as a prompt needs them.</summary>
static class Templates
{
    /// <summary>Renders messages of plain text, up to where the answer begins.</summary>
    public static string Render(ChatTemplate template, Tokenizer tokenizer, IReadOnlyList<(string Role, string Content)> messages) =>
        template.Render(new ChatTemplateRequest
        {
            Messages = TemplateValue.List(messages.Select(m => TemplateValue.Mapping(
                KeyValuePair.Create("role", TemplateValue.From(m.Role)), KeyValuePair.Create("content", TemplateValue.From(m.Content))))),
            AddGenerationPrompt = true,
            SpecialTokens = SpecialTokens(tokenizer),
        });

    /// <summary>A piece of a rendered prompt as ids: special tokens count, none is added.</summary>
    public static int[] Encode(Tokenizer tokenizer, string piece) => tokenizer.EncodeIds(piece, addSpecialTokens: false);

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
