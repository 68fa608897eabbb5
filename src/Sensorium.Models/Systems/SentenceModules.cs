using System.Text.Json;
using Sensorium.Models.Layers;
using Sensorium.Models.Loading;
using Sensorium.Tensors;
using Sensorium.Weights;

namespace Sensorium.Models.Systems;

/// <summary>
/// What sentence-transformers puts beside an encoder: how rows become one vector, what follows, how long a text may be,
/// and which words go before it (<c>modules.json</c>, <c>1_Pooling/config.json</c>, <c>sentence_bert_config.json</c>,
/// <c>config_sentence_transformers.json</c>). A checkpoint without these files has the mean of its rows, divided by its length.
/// </summary>
sealed class SentenceModules
{
    // sentence-transformers lets several stand side by side, in this order; mean is on unless said otherwise.
    static readonly (string Key, PoolingKind Kind)[] PoolingKeys =
    [
        ("pooling_mode_cls_token", PoolingKind.First),
        ("pooling_mode_max_tokens", PoolingKind.Max),
        ("pooling_mode_mean_tokens", PoolingKind.Mean),
        ("pooling_mode_mean_sqrt_len_tokens", PoolingKind.MeanSqrtLength),
        ("pooling_mode_weightedmean_tokens", PoolingKind.WeightedMean),
        ("pooling_mode_lasttoken", PoolingKind.Last),
    ];

    readonly Pooling pooling;
    readonly IReadOnlyList<VectorStep> steps;

    SentenceModules(Pooling pooling, IReadOnlyList<VectorStep> steps, int hiddenSize)
    {
        this.pooling = pooling;
        this.steps = steps;
        Dimensions = steps.LastOrDefault(s => s.Outputs > 0)?.Outputs ?? pooling.Kinds.Count * hiddenSize;
    }

    /// <summary>Numbers in a vector.</summary>
    public int Dimensions { get; }

    /// <summary>The most tokens of a text; null: as many as the encoder takes.</summary>
    public int? MaxLength { get; init; }

    /// <summary>Texts are brought to lower case, whatever the tokenizer does.</summary>
    public bool LowerCase { get; init; }

    /// <summary>Words to put before a text, by name.</summary>
    public IReadOnlyDictionary<string, string> Prompts { get; init; } = System.Collections.Immutable.ImmutableDictionary<string, string>.Empty;

    /// <summary>The prompt where the caller names none; null: none.</summary>
    public string? DefaultPrompt { get; init; }

    /// <summary>Pooling leaves the prompt's rows out, which is not supported: such prompts are refused.</summary>
    public bool LeavesPromptOut { get; init; }

    /// <summary>The rows of texts, end to end, as their vectors, [texts, Dimensions].</summary>
    public Tensor Forward(Compute c, Tensor x, ReadOnlySpan<int> lengths)
    {
        x = pooling.Forward(c, x, lengths);
        foreach (VectorStep step in steps)
        {
            x = step.Forward(c, x);
        }

        return x;
    }

    /// <summary>Reads what stands beside a checkpoint.</summary>
    /// <param name="json">Its config; a GGUF file's pooling is in it.</param>
    /// <param name="parts">Its folder.</param>
    /// <param name="hiddenSize">Channels of the encoder's rows.</param>
    /// <exception cref="CheckpointException">A file is broken or asks for what is not supported.</exception>
    public static SentenceModules Read(Config json, IPartOpener parts, int hiddenSize)
    {
        if (parts.SettingsList("modules.json") is not { } modules)
        {
            return new SentenceModules(new Pooling(Plain(json)), [new UnitVectors()], hiddenSize);
        }

        if (modules.Count < 2 || Kind(modules[0]) != "Transformer" || modules[0].String("path", "").Length > 0 || Kind(modules[1]) != "Pooling")
        {
            throw new CheckpointException(Path.Combine(Path.GetDirectoryName(json.Source) ?? "", "modules.json"), "must begin with a Transformer in this folder and a Pooling; other ways of making vectors are not supported");
        }

        Config poolingAt = Beside(parts, modules[1]);
        var pooled = new Pooling(Kinds(poolingAt));
        var following = new List<VectorStep>();
        int size = pooled.Kinds.Count * hiddenSize;
        foreach (Config module in modules.Skip(2))
        {
            VectorStep step = Kind(module) switch
            {
                "Normalize" => new UnitVectors(),
                "Dense" => new DenseStep(parts.WeightsOf(Inside(module)), Beside(parts, module), size),
                string other => throw module.Bad("type", $"is '{other}', which is not supported; Transformer, Pooling, Dense and Normalize are"),
            };
            size = step.Outputs > 0 ? step.Outputs : size;
            following.Add(step);
        }

        Config? sentence = parts.Settings("sentence_bert_config.json");
        Config? prompts = parts.Settings("config_sentence_transformers.json");
        return new SentenceModules(pooled, following, hiddenSize)
        {
            MaxLength = sentence?.Has("max_seq_length") == true ? sentence.Int("max_seq_length") : null,
            LowerCase = sentence?.Bool("do_lower_case", false) ?? false,
            Prompts = prompts?.SectionOrNull("prompts") is { } section
                ? section.Properties.ToDictionary(p => p.Name, p => section.String(p.Name, ""), StringComparer.Ordinal)
                : System.Collections.Immutable.ImmutableDictionary<string, string>.Empty,
            DefaultPrompt = prompts?.Has("default_prompt_name") == true ? prompts.String("default_prompt_name") : null,
            LeavesPromptOut = !poolingAt.Bool("include_prompt", true),
        };
    }

    static PoolingKind[] Kinds(Config json)
    {
        if (json.Has("pooling_mode") && json.Json.GetProperty("pooling_mode").ValueKind == JsonValueKind.String)
        {
            string mode = json.String("pooling_mode");
            return
            [
                mode switch
                {
                    "cls" => PoolingKind.First,
                    "max" => PoolingKind.Max,
                    "mean" => PoolingKind.Mean,
                    "mean_sqrt_len_tokens" => PoolingKind.MeanSqrtLength,
                    "weightedmean" => PoolingKind.WeightedMean,
                    "lasttoken" => PoolingKind.Last,
                    _ => throw json.Bad("pooling_mode", $"is '{mode}', which is not supported; cls, max, mean, mean_sqrt_len_tokens, weightedmean and lasttoken are"),
                },
            ];
        }

        PoolingKind[] kinds = [.. PoolingKeys.Where(k => json.Bool(k.Key, k.Kind == PoolingKind.Mean)).Select(k => k.Kind)];
        return kinds.Length > 0 ? kinds : throw json.Bad("pooling_mode_mean_tokens", "is false, and so are all other modes; one must be true");
    }

    /// <summary>GGUF's <c>pooling_type</c>; a checkpoint that says nothing has the mean.</summary>
    static PoolingKind Plain(Config json) => json.IntOr("pooling_type", 1, least: 0) switch
    {
        // 0 leaves rows as they are: whoever asks for one vector wants their mean.
        0 or 1 => PoolingKind.Mean,
        2 => PoolingKind.First,
        3 => PoolingKind.Last,
        4 => throw json.Bad("pooling_type", "is 4: the model ranks pairs of texts and gives no vectors"),
        int other => throw json.Bad("pooling_type", $"is {other}, which is not supported; 0 (none), 1 (mean), 2 (first token) and 3 (last token) are"),
    };

    // sentence_transformers.models.Pooling: what counts is the class, the package has moved.
    static string Kind(Config module) => module.String("type").Split('.')[^1];

    static string Inside(Config module)
    {
        string path = module.String("path");
        return path.Length > 0 && !Path.IsPathRooted(path) && !path.Split('/', '\\').Contains("..", StringComparer.Ordinal)
            ? path
            : throw module.Bad("path", $"is '{path}', which is no folder inside the model's");
    }

    static Config Beside(IPartOpener parts, Config module)
    {
        string file = Inside(module) + "/config.json";
        return parts.Settings(file) ?? throw module.Bad("path", $"names '{module.String("path")}', but {file} is not there; download the whole model");
    }
}
