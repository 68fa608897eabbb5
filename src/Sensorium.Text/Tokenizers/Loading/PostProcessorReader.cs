using Sensorium.Text.Tokenizers.PostProcessors;

namespace Sensorium.Text.Tokenizers.Loading;

/// <summary>Reads tokenizer.json's <c>post_processor</c>.</summary>
internal static class PostProcessorReader
{
    public static PostProcessor? Read(JsonAt at)
    {
        if (at.IsNull) return null;
        string type = at["type"].String();
        return type switch
        {
            "Sequence" => new SequencePostProcessor([.. at["processors"].Steps().Select(x => Read(x) ?? throw x.Error("is null"))]),
            "ByteLevel" => new ByteLevelPostProcessor(at["trim_offsets"].Bool(true), at["add_prefix_space"].Bool(true)),
            "TemplateProcessing" => Template(at),
            "BertProcessing" => Bert(TokenId(at["sep"]), TokenId(at["cls"])),
            "RobertaProcessing" => new RobertaPostProcessor(TokenId(at["sep"]), TokenId(at["cls"]), at["trim_offsets"].Bool(true), at["add_prefix_space"].Bool(true)),
            _ => throw at["type"].Error($"the post-processor '{type}' is not supported"),
        };
    }

    /// <summary>[CLS] A [SEP] B [SEP], type ids 0 and 1.</summary>
    public static TemplatePostProcessor Bert(int sep, int cls) => new(
        [new(-1, 0, [cls]), new(0, 0, []), new(-1, 0, [sep])],
        [new(-1, 0, [cls]), new(0, 0, []), new(-1, 0, [sep]), new(1, 1, []), new(-1, 1, [sep])]);

    static int TokenId(JsonAt at)
    {
        var items = at.Items().ToArray();
        return items.Length == 2 ? items[1].Int() : throw at.Error("must be a pair [token, id]");
    }

    static TemplatePostProcessor Template(JsonAt at)
    {
        var ids = new Dictionary<string, int[]>(StringComparer.Ordinal);
        var specials = at["special_tokens"];
        if (specials.IsObject)
        {
            foreach (var entry in specials.Element.EnumerateObject())
            {
                ids[entry.Name] = [.. new JsonAt(entry.Value, at.File, $"{specials.Path}['{entry.Name}']")["ids"].Items().Select(x => x.Int())];
            }
        }
        return new(Pieces(at["single"], ids), Pieces(at["pair"], ids));
    }

    static TemplatePiece[] Pieces(JsonAt at, Dictionary<string, int[]> ids)
    {
        var pieces = new List<TemplatePiece>();
        foreach (var item in at.Items())
        {
            var sequence = item["Sequence"];
            if (!sequence.IsNull)
            {
                string id = sequence["id"].String();
                int index = id switch { "A" => 0, "B" => 1, _ => throw sequence["id"].Error($"'{id}' is neither A nor B") };
                pieces.Add(new(index, sequence["type_id"].Int(0), []));
                continue;
            }
            var token = item["SpecialToken"];
            string name = token["id"].String();
            if (!ids.TryGetValue(name, out var tokenIds)) throw token["id"].Error($"'{name}' is not in the template's special_tokens");
            pieces.Add(new(-1, token["type_id"].Int(0), tokenIds));
        }
        return [.. pieces];
    }
}
