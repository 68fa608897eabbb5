using Sensorium.Models.Layers;
using Sensorium.Tensors;
using Sensorium.Weights;

namespace Sensorium.Models.Encoders.Transformers;

/// <summary>Pictures as rows of a vision transformer.</summary>
/// <param name="Rows">Each picture's rows end to end, the class token first where there is one.</param>
/// <param name="Plan">Which rows are which picture's.</param>
/// <param name="Patches">Which patch is where; the class tokens are not counted.</param>
public readonly record struct PatchRows(Tensor Rows, Plan Plan, Grid Patches)
{
    /// <summary>The same pictures with other rows.</summary>
    public PatchRows With(Tensor rows) => this with { Rows = rows };

    /// <summary>The rows of the patches alone.</summary>
    public Tensor WithoutClassTokens(Compute c) => Patches.Rows == Plan.Rows ? Rows : WithoutFirst(c);

    /// <summary>Every row but each picture's first.</summary>
    public Tensor WithoutFirst(Compute c)
    {
        if (Plan.Segments.Length == 1)
        {
            return Rows.SliceRows(1, Plan.Rows - 1);
        }

        var kept = new int[Plan.Rows - Plan.Segments.Length];
        int at = 0;
        foreach (Segment picture in Plan.Segments)
        {
            for (int row = 1; row < picture.Rows; row++)
            {
                kept[at++] = picture.FirstRow + row;
            }
        }

        return c.Gather(Rows, kept);
    }
}

/// <summary>
/// A vision transformer (Dosovitskiy et al. 2021; transformers ViTModel, CLIPVisionModel, SiglipVisionModel): pictures are
/// cut into patches, which are rows. What sets families apart is data. Pictures of any size are taken: the position
/// embeddings are resized to their patches.
/// </summary>
public sealed class VisionTransformer
{
    readonly Window window;
    readonly Weight patchEmbedding;
    readonly Weight? patchBias;
    readonly Weight? classEmbedding;
    readonly Weight positionEmbedding;
    readonly LayerNorm? preLayrnorm;
    readonly PreNormLayer[] layers;
    readonly LayerNorm? postLayernorm;
    readonly Linear? poolerDense;
    readonly AttentionPooling? head;
    readonly string[] stages;

    /// <param name="at">Holds <c>embeddings</c>, <c>encoder</c>, <c>post_layernorm</c> and what the config says besides.</param>
    /// <param name="config">How it is built.</param>
    public VisionTransformer(Checkpoint at, VisionTransformerConfig config)
    {
        Config = config;
        PreNormConfig layer = config.Layer;
        int hiddenSize = layer.HiddenSize;
        int patchSize = config.PatchSize;
        window = new Window(patchSize, patchSize, patchSize);
        Checkpoint embeddings = at["embeddings"];
        patchEmbedding = embeddings["patch_embedding"].Weight("weight", WeightRole.Convolution, hiddenSize, config.NumChannels, patchSize, patchSize);
        patchBias = config.PatchBias ? embeddings["patch_embedding"].Weight("bias", WeightRole.Vector, hiddenSize) : null;
        classEmbedding = config.HasClassToken ? embeddings.Weight("class_embedding", WeightRole.Vector, hiddenSize) : null;
        positionEmbedding = embeddings["position_embedding"].Weight("weight", WeightRole.Vector, [config.Positions, hiddenSize], "imageSize, patchSize, hiddenSize");
        preLayrnorm = config.HasPreNorm ? new LayerNorm(at["pre_layrnorm"], hiddenSize, layer.LayerNormEps) : null;
        layers = [.. Enumerable.Range(0, config.NumHiddenLayers).Select(i => new PreNormLayer(at["encoder"]["layers"][i], layer))];
        postLayernorm = config.Norm == FinalNorm.None ? null : new LayerNorm(at["post_layernorm"], hiddenSize, layer.LayerNormEps);
        poolerDense = config.Pooling == VisionPooling.DenseClassToken ? new Linear(at["pooler"]["dense"], hiddenSize, config.PoolerSize) : null;
        head = config.Pooling == VisionPooling.Attention ? new AttentionPooling(at["head"], layer) : null;
        stages = [.. Enumerable.Range(0, layers.Length + 1).Select(i => $"hidden_states_{i}")];

        // Numbers from 0 on, which old checkpoints carry along.
        embeddings.AllowUnused("position_ids");
    }

    /// <summary>How it is built.</summary>
    public VisionTransformerConfig Config { get; }

    /// <summary>Channels of a row.</summary>
    public int HiddenSize => Config.Layer.HiddenSize;

    /// <summary>Channels of the pooled vector; 0 where there is none.</summary>
    public int PooledSize => Config.Pooling switch
    {
        VisionPooling.None => 0,
        VisionPooling.DenseClassToken => Config.PoolerSize,
        _ => HiddenSize,
    };

    /// <summary>The first layer's input: patches, class token, positions.</summary>
    /// <param name="c">The context to compute in.</param>
    /// <param name="pixels">Preprocessed pictures, each at least one patch large; what is left over of a patch at the right and below is not seen.</param>
    public PatchRows Embed(Compute c, FeatureMaps pixels)
    {
        Grid patches = pixels.Grid.After(window);
        Tensor positions = c.Load(positionEmbedding);
        Tensor patchPositions = PatchPositions(c, positions.SliceRows(Config.ClassTokens, Config.Positions - Config.ClassTokens), patches);
        Tensor x = c.Convolve(pixels, patchEmbedding, window, new Epilogue { Bias = patchBias, Residual = patchPositions }).Rows;
        if (classEmbedding is { } token)
        {
            x = WithClassTokens(c, c.Add(c.Load(token), positions.SliceRows(0, 1)), x, patches);
        }

        x = preLayrnorm?.Forward(c, x) ?? x;
        c.Stage(stages[0], x);
        var plan = new Plan();
        foreach (GridItem picture in patches.Items)
        {
            plan.Add(picture.Rows + Config.ClassTokens, causal: false);
        }

        return new PatchRows(x, plan, patches);
    }

    /// <summary>The next layers' output, <c>hidden_states_n</c>, not normed.</summary>
    /// <param name="c">The context to compute in.</param>
    /// <param name="rows">What <see cref="Embed"/> gave, or an earlier call of this.</param>
    /// <param name="first">The first layer to run.</param>
    /// <param name="end">The layer to stop before.</param>
    public PatchRows Run(Compute c, PatchRows rows, int first, int end)
    {
        Tensor x = rows.Rows;
        for (int i = first; i < end; i++)
        {
            x = c.Run(layers[i], x, rows.Plan);
            c.Stage(stages[i + 1], x);
        }

        return rows.With(x);
    }

    /// <summary>All layers, and the last norm where it is on all rows: <c>last_hidden_state</c>.</summary>
    /// <param name="c">The context to compute in.</param>
    /// <param name="pixels">Preprocessed pictures.</param>
    public PatchRows Forward(Compute c, FeatureMaps pixels)
    {
        PatchRows rows = Run(c, Embed(c, pixels), 0, layers.Length);
        return Config.Norm == FinalNorm.AllRows ? rows.With(postLayernorm!.Forward(c, rows.Rows)) : rows;
    }

    /// <summary>Each picture's vector, <c>pooler_output</c>, [pictures, <see cref="PooledSize"/>].</summary>
    /// <param name="c">The context to compute in.</param>
    /// <param name="rows">What <see cref="Forward"/> gave.</param>
    /// <exception cref="InvalidOperationException">The model has none.</exception>
    public Tensor Pool(Compute c, PatchRows rows)
    {
        if (Config.Pooling == VisionPooling.None)
        {
            throw new InvalidOperationException("this vision transformer gives rows and no pooled vector");
        }

        if (head is not null)
        {
            return head.Forward(c, rows.Rows, rows.Plan);
        }

        Tensor pooled = ClassTokens(c, rows);
        return poolerDense?.Forward(c, pooled, Config.PoolerAct) ?? pooled;
    }

    /// <summary>The class tokens' rows, normed, [pictures, hidden].</summary>
    public Tensor ClassTokens(Compute c, PatchRows rows)
    {
        var first = new int[rows.Plan.Segments.Length];
        for (int i = 0; i < first.Length; i++)
        {
            first[i] = rows.Plan.Segments[i].FirstRow;
        }

        Tensor tokens = c.Gather(rows.Rows, first);
        return Config.Norm == FinalNorm.PooledRow ? postLayernorm!.Forward(c, tokens) : tokens;
    }

    Tensor PatchPositions(Compute c, Tensor positions, Grid patches)
    {
        var bySize = new Dictionary<(int, int), Tensor>();
        var all = new Tensor[patches.Items.Length];
        for (int i = 0; i < all.Length; i++)
        {
            (int height, int width) = (patches.Items[i].Height, patches.Items[i].Width);
            if (!bySize.TryGetValue((height, width), out all[i]))
            {
                all[i] = (height, width) == (Config.PatchesDown, Config.PatchesAcross)
                    ? positions
                    : c.MatMul(
                        c.FromHost(PositionGrid.Resize((Config.PatchesDown, Config.PatchesAcross), (height, width)), height * width, Config.PatchesDown * Config.PatchesAcross),
                        positions);
                bySize.Add((height, width), all[i]);
            }
        }

        return all.Length == 1 ? all[0] : c.ConcatRows(all);
    }

    static Tensor WithClassTokens(Compute c, Tensor token, Tensor x, Grid patches)
    {
        var parts = new Tensor[2 * patches.Items.Length];
        for (int i = 0; i < patches.Items.Length; i++)
        {
            parts[2 * i] = token;
            parts[2 * i + 1] = x.SliceRows(patches.Items[i].FirstRow, patches.Items[i].Rows);
        }

        return c.ConcatRows(parts);
    }
}
