using Sensorium.Models.Layers;
using Sensorium.Models.Loading;
using Sensorium.Models.Systems;
using Sensorium.Tensors;
using Sensorium.Weights;

namespace Sensorium.Models.Encoders.Transformers;

/// <summary>The text half of a contrastive model, as data (transformers CLIPTextConfig, SiglipTextConfig).</summary>
public sealed record TextTransformerConfig
{
    /// <summary>Reads the keys that the families share.</summary>
    /// <exception cref="CheckpointException">A key is missing, of the wrong kind, or contradicts another.</exception>
    public TextTransformerConfig(Config json)
    {
        Layer = PreNormConfig.Read(json);
        NumHiddenLayers = json.Int("num_hidden_layers", most: 4096);
        VocabSize = json.Int("vocab_size");
        MaxPositionEmbeddings = json.Int("max_position_embeddings");
    }

    /// <summary>The layers' sizes.</summary>
    public PreNormConfig Layer { get; }

    /// <summary>Layers.</summary>
    public int NumHiddenLayers { get; }

    /// <summary>Token ids.</summary>
    public int VocabSize { get; }

    /// <summary>The longest text, in tokens.</summary>
    public int MaxPositionEmbeddings { get; }

    /// <summary>Whether a token sees only those before it.</summary>
    public bool IsCausal { get; init; }

    /// <summary>Which of a text's rows stands for it.</summary>
    public required Func<IReadOnlyList<int>, int> PooledRow { get; init; }

    /// <summary>The id that texts are filled up with to the longest length, where the model was trained so and sees it; null: texts stay as they are.</summary>
    public int? FillId { get; init; }
}

/// <summary>A text transformer with learnt positions (transformers CLIPTextModel, SiglipTextModel).</summary>
public sealed class TextTransformer
{
    readonly Weight tokenEmbedding;
    readonly Weight positionEmbedding;
    readonly PreNormLayer[] layers;
    readonly LayerNorm finalLayerNorm;
    readonly string[] stages;

    /// <param name="at">Holds <c>embeddings</c>, <c>encoder</c>, <c>final_layer_norm</c>.</param>
    /// <param name="config">How it is built.</param>
    public TextTransformer(Checkpoint at, TextTransformerConfig config)
    {
        Config = config;
        int hiddenSize = config.Layer.HiddenSize;
        Checkpoint embeddings = at["embeddings"];
        tokenEmbedding = embeddings["token_embedding"].Weight("weight", WeightRole.Table, config.VocabSize, hiddenSize);
        positionEmbedding = embeddings["position_embedding"].Weight("weight", WeightRole.Table, config.MaxPositionEmbeddings, hiddenSize);
        layers = [.. Enumerable.Range(0, config.NumHiddenLayers).Select(i => new PreNormLayer(at["encoder"]["layers"][i], config.Layer))];
        finalLayerNorm = new LayerNorm(at["final_layer_norm"], hiddenSize, config.Layer.LayerNormEps);
        stages = [.. Enumerable.Range(0, layers.Length + 1).Select(i => $"hidden_states_{i}")];
        embeddings.AllowUnused("position_ids");
    }

    /// <summary>How it is built.</summary>
    public TextTransformerConfig Config { get; }

    /// <summary>Channels of a row.</summary>
    public int HiddenSize => Config.Layer.HiddenSize;

    /// <summary>All rows, normed: <c>last_hidden_state</c>.</summary>
    /// <param name="c">The context to compute in.</param>
    /// <param name="ids">The ids of all texts, end to end.</param>
    /// <param name="plan">Which rows are which text's, at which positions, and how far each sees.</param>
    /// <exception cref="ArgumentOutOfRangeException">An id is not in the vocabulary, or a text is longer than the model's positions.</exception>
    public Tensor Forward(Compute c, ReadOnlySpan<int> ids, Plan plan)
    {
        Tensor x = c.Add(c.Embed(tokenEmbedding, ids), c.Embed(positionEmbedding, plan.Positions()));
        c.Stage(stages[0], x);
        for (int i = 0; i < layers.Length; i++)
        {
            x = c.Run(layers[i], x, plan);
            c.Stage(stages[i + 1], x);
        }

        return finalLayerNorm.Forward(c, x);
    }
}

/// <summary>A text transformer as a model of its own, or as one half of a contrastive one.</summary>
/// <param name="transformer">The transformer.</param>
/// <param name="projection">From the pooled row into a shared space; null where there is none.</param>
/// <param name="dimensions">Numbers in a vector.</param>
public sealed class TextModel(TextTransformer transformer, Linear? projection, int dimensions) : IEmbeds
{
    /// <summary>The transformer.</summary>
    public TextTransformer Transformer => transformer;

    /// <summary>Numbers in a vector.</summary>
    public int Dimensions => dimensions;

    /// <summary>A vector of each text, [texts, <see cref="Dimensions"/>], of whatever length. All texts are one ragged pass.</summary>
    public Tensor Vectors(Compute c, IReadOnlyList<int[]> texts)
    {
        Plan plan = Plan.Of(transformer.Config.IsCausal, [.. texts.Select(ids => ids.Length)]);
        Tensor rows = transformer.Forward(c, texts.SelectMany(ids => ids).ToArray(), plan);
        var pooled = new int[texts.Count];
        for (int i = 0; i < pooled.Length; i++)
        {
            pooled[i] = plan.Segments[i].FirstRow + transformer.Config.PooledRow(texts[i]);
        }

        return Project(c, c.Gather(rows, pooled));
    }

    /// <summary>Pooled rows in the shared space.</summary>
    public Tensor Project(Compute c, Tensor pooled) => projection?.Forward(c, pooled) ?? pooled;

    /// <inheritdoc/>
    public EmbeddingSystem ToEmbeddings(ModelFiles files, string identity) =>
        new ContrastiveSystem(null, this, null, files.ReadTokenizer(), files.Path) { Name = files.Name, Identity = identity };
}
