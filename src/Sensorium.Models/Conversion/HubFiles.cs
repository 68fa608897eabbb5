using System.Text.Json.Nodes;
using Sensorium.Models.Loading;
using Sensorium.Tensors;
using Sensorium.Tensors.Formats;
using Sensorium.Text.Tokenizers;
using Sensorium.Text.Tokenizers.Conversion;
using Sensorium.Weights;

namespace Sensorium.Models.Conversion;

/// <summary>What stands beside the tensors in a folder of the hub, out of GGUF metadata.</summary>
static class HubFiles
{
    // Said by the tensors, the config or the format itself.
    static readonly string[] Implied =
    [
        "general.architecture", "general.type", "general.file_type", "general.quantization_version", "general.alignment", "general.size_label",
        "tokenizer.ggml.token_type_count",
    ];

    /// <summary>Writes config.json and, where the file has a vocabulary, the tokenizer's files and generation_config.json.</summary>
    public static void Write(string folder, ModelFiles files, GgufMetadata metadata, DType type, Action<string, JsonObject> write, ICollection<string> remarks)
    {
        GgufVocabulary? vocabulary = GgufTokenizer.ReadVocabulary(metadata);
        Tokenizer? tokenizer = files.ReadTokenizer();
        write(Path.Combine(folder, "config.json"), ConfigOf(files, metadata, type, remarks));
        string? template = metadata.String("tokenizer.chat_template");
        write(Path.Combine(folder, "generation_config.json"), Generation(files, metadata, tokenizer));
        if (vocabulary is null || tokenizer is null)
        {
            remarks.Add("tokenizer: the file has no vocabulary, so the folder has no tokenizer.json");
        }
        else
        {
            AtomicFile.Write(Path.Combine(folder, "tokenizer.json"), stream => TokenizerJsonWriter.Write(vocabulary, files.Path, stream, remarks));
            write(Path.Combine(folder, "tokenizer_config.json"), TokenizerConfig(tokenizer, vocabulary, template));
        }

        string prefix = metadata.Architecture + ".";
        string[] unread =
        [
            .. metadata.Unread.Where(key => !Implied.Contains(key) && !key.StartsWith("split.", StringComparison.Ordinal)
                && key != prefix + "rope.dimension_count" && key != prefix + "attention.value_length"),
        ];
        if (unread.Length > 0)
        {
            remarks.Add($"metadata without a place in the folder is not carried over: {string.Join(", ", unread.Take(12))}{(unread.Length > 12 ? $" and {unread.Length - 12} more" : "")}");
        }
    }

    /// <summary>How transformers calls a type.</summary>
    public static string NameOf(DType type) => type switch
    {
        DType.F16 => "float16",
        DType.BF16 => "bfloat16",
        _ => "float32",
    };

    static JsonObject ConfigOf(ModelFiles files, GgufMetadata metadata, DType type, ICollection<string> remarks)
    {
        var json = new JsonObject();
        if (files.Family.Gguf?.HubClass is { } name)
        {
            json["architectures"] = new JsonArray(name);
        }
        else
        {
            remarks.Add("config: architectures is missing; transformers' AutoModel does without it, other tools may ask for it");
        }

        if (metadata.String("general.name") is { Length: > 0 } called)
        {
            json["_name_or_path"] = called;
        }

        foreach ((string key, JsonNode? value) in HubConfig.Copy(files.Config.Json))
        {
            json[key] = value?.DeepClone();
        }

        if (files.Source.TryGet(GgufRope.Frequencies, out RawTensor? frequencies))
        {
            json["rope_scaling"] = GgufRope.Recover(BlockFormats.ToFloats(frequencies), files.Config);
        }

        json["torch_dtype"] = NameOf(type);
        PointNumbers(json);
        foreach ((string hub, string gguf) in Ids)
        {
            json[hub] = metadata.Integer(gguf) is { } id ? id : null;
        }

        return json;
    }

    /// <summary>Numbers that are no counts get a point, since Python tells 1 from 1.0.</summary>
    static void PointNumbers(JsonObject json)
    {
        foreach ((string key, JsonNode? value) in json.ToArray())
        {
            if (value is JsonObject inner)
            {
                PointNumbers(inner);
            }
            else if (value is JsonValue && Points.Contains(key) && value.ToJsonString() is { } text && text.All(c => char.IsAsciiDigit(c) || c == '-'))
            {
                json[key] = JsonNode.Parse(text + ".0");
            }
        }
    }

    static readonly HashSet<string> Points = new(StringComparer.Ordinal)
    {
        "rope_theta", "rope_local_base_freq", "factor", "attention_factor", "beta_fast", "beta_slow", "low_freq_factor", "high_freq_factor",
        "rms_norm_eps", "layer_norm_eps", "layer_norm_epsilon", "partial_rotary_factor", "attn_logit_softcapping", "final_logit_softcapping",
    };

    static (string Hub, string Gguf)[] Ids =>
    [
        ("bos_token_id", "tokenizer.ggml.bos_token_id"),
        ("eos_token_id", "tokenizer.ggml.eos_token_id"),
        ("pad_token_id", "tokenizer.ggml.padding_token_id"),
    ];

    static JsonObject Generation(ModelFiles files, GgufMetadata metadata, Tokenizer? tokenizer)
    {
        var json = new JsonObject();
        foreach ((string hub, string gguf) in Ids)
        {
            if (metadata.Integer(gguf) is { } id)
            {
                json[hub] = id;
            }
        }

        long? end = metadata.Integer("tokenizer.ggml.eos_token_id");
        int[] ends = [.. files.ReadGeneration(tokenizer).EosTokenIds.OrderBy(id => id == end ? 0 : 1)];
        if (ends.Length > 1)
        {
            json["eos_token_id"] = new JsonArray([.. ends.Select(id => (JsonNode)id)]);
        }

        return json;
    }

    static JsonObject TokenizerConfig(Tokenizer tokenizer, GgufVocabulary vocabulary, string? template)
    {
        var json = new JsonObject { ["tokenizer_class"] = "PreTrainedTokenizerFast", ["clean_up_tokenization_spaces"] = false };
        Add("bos_token", tokenizer.Special.Bos);
        Add("eos_token", tokenizer.Special.Eos);
        Add("unk_token", tokenizer.Special.Unknown);
        Add("pad_token", tokenizer.Special.Pad);
        Add("sep_token", tokenizer.Special.Separator);
        Add("cls_token", tokenizer.Special.Classification);
        Add("mask_token", tokenizer.Special.Mask);
        if (vocabulary.AddBos is { } bos)
        {
            json["add_bos_token"] = bos;
        }

        if (template is not null)
        {
            json["chat_template"] = template;
        }

        return json;

        void Add(string key, int? id)
        {
            if (id is { } known && tokenizer.TokenOf(known) is { } token)
            {
                json[key] = token;
            }
        }
    }
}
