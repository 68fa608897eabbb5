using System.Globalization;
using System.Text.Json;
using Sensorium.Weights;

namespace Sensorium.Cli.Inspection;

/// <summary>One thing that a checkpoint's configuration says of the model.</summary>
/// <param name="Name">In words: <c>hidden size</c>.</param>
/// <param name="Value">What it is, for people.</param>
/// <param name="Number">The value where it is a whole number.</param>
sealed record Fact(string Name, string Value, long? Number = null)
{
    // A name for people, and what families call it.
    static readonly (string Name, string[] Keys)[] Sizes =
    [
        ("layers", ["num_hidden_layers", "n_layer", "num_layers"]),
        ("decoder layers", ["num_decoder_layers"]),
        ("hidden size", ["hidden_size", "n_embd", "d_model"]),
        ("heads", ["num_attention_heads", "n_head", "num_heads"]),
        ("context", ["max_position_embeddings", "n_positions"]),
        ("vocabulary", ["vocab_size"]),
        ("image size", ["image_size"]),
        ("patch size", ["patch_size"]),
        ("classes", ["num_classes"]),
    ];

    /// <summary>What a config.json says, and the parts of a model that sees.</summary>
    public static IReadOnlyList<Fact> Of(JsonElement? config)
    {
        var list = new List<Fact>();
        Add("", config);
        foreach (string part in (string[])["vision", "text"])
        {
            if (config is { } json && json.TryGetProperty($"{part}_config", out JsonElement section) && section.ValueKind == JsonValueKind.Object)
            {
                Add(part + " ", section);
            }
        }

        return list;

        void Add(string part, JsonElement? section)
        {
            if (part.Length > 0 && section.Text("model_type") is { } type)
            {
                list.Add(new Fact($"{part}part", type));
            }

            foreach ((string name, string[] keys) in Sizes)
            {
                if (keys.Select(key => section.Whole(key)).FirstOrDefault(value => value is not null) is { } known)
                {
                    list.Add(Whole(part + name, known));
                }
            }
        }
    }

    /// <summary>What a GGUF file's metadata say.</summary>
    public static IReadOnlyList<Fact> Of(GgufMetadata gguf)
    {
        var list = new List<Fact>();
        foreach ((string name, string key) in new[] { ("layers", "block_count"), ("decoder layers", "decoder_block_count"), ("hidden size", "embedding_length"), ("heads", "attention.head_count"), ("context", "context_length") })
        {
            Add(name, $"{gguf.Architecture}.{key}");
        }

        Add("projector", "clip.projector_type");
        foreach (string part in (string[])["vision", "audio"])
        {
            Add($"{part} layers", $"clip.{part}.block_count");
            Add($"{part} hidden size", $"clip.{part}.embedding_length");
            Add($"{part} heads", $"clip.{part}.attention.head_count");
        }

        Add("image size", "clip.vision.image_size");
        Add("patch size", "clip.vision.patch_size");
        return list;

        void Add(string name, string key)
        {
            if (gguf.TryGet(key, out GgufValue? value))
            {
                // Heads may differ by layer, and a broken file may have anything here: that is shown as it is.
                list.Add(value.Type is GgufValueType.U32 or GgufValueType.I32 or GgufValueType.I64 ? Whole(name, value.AsInteger()) : new Fact(name, value.ToString()));
            }
        }
    }

    /// <summary>Writes it for programs, as a property.</summary>
    public void Write(Utf8JsonWriter writer)
    {
        string name = Name.Replace(' ', '_');
        if (Number is { } number)
        {
            writer.WriteNumber(name, number);
        }
        else
        {
            writer.WriteString(name, Value);
        }
    }

    static Fact Whole(string name, long value) => new(name, value.ToString(CultureInfo.InvariantCulture), value);
}
