using Sensorium.Models.Layers;
using Sensorium.Weights;

namespace Sensorium.Models.Encoders.Transformers;

/// <summary>Where the last norm of a vision transformer stands.</summary>
public enum FinalNorm
{
    /// <summary>There is none: the model is a part that gives hidden states.</summary>
    None,

    /// <summary>On all rows: <c>last_hidden_state</c> is normed (ViT, SigLIP).</summary>
    AllRows,

    /// <summary>On the pooled row alone (CLIP).</summary>
    PooledRow,
}

/// <summary>What becomes of the rows of a picture when one vector is wanted.</summary>
public enum VisionPooling
{
    /// <summary>There is no such vector.</summary>
    None,

    /// <summary>The class token's row.</summary>
    ClassToken,

    /// <summary>The class token's row through a linear layer and an activation, under <c>pooler.dense</c> (ViT).</summary>
    DenseClassToken,

    /// <summary>A learnt probe attends to all rows, under <c>head</c> (SigLIP).</summary>
    Attention,
}

/// <summary>What vision transformers have in common, and the ways in which they differ, as data (transformers ViTConfig, CLIPVisionConfig, SiglipVisionConfig).</summary>
public sealed record VisionTransformerConfig
{
    /// <summary>Reads the keys that the families share.</summary>
    /// <exception cref="CheckpointException">A key is missing, of the wrong kind, or contradicts another.</exception>
    public VisionTransformerConfig(Config json)
    {
        Layer = PreNormConfig.Read(json);
        NumHiddenLayers = json.Int("num_hidden_layers", most: 4096);
        NumChannels = json.Int("num_channels");
        PatchSize = json.Int("patch_size");
        ImageSize = Sides(json);
        PatchesDown = ImageSize.Height / PatchSize;
        PatchesAcross = ImageSize.Width / PatchSize;
        if (PatchesDown == 0 || PatchesAcross == 0)
        {
            throw json.Bad("patch_size", $"is {PatchSize}, more than image_size {ImageSize.Height} x {ImageSize.Width}");
        }
    }

    /// <summary>The layers' sizes.</summary>
    public PreNormConfig Layer { get; init; }

    /// <summary>Layers.</summary>
    public int NumHiddenLayers { get; init; }

    /// <summary>Channels of a pixel.</summary>
    public int NumChannels { get; }

    /// <summary>Pixels of a patch's side.</summary>
    public int PatchSize { get; }

    /// <summary>The picture that the position embeddings are for, in pixels.</summary>
    public (int Height, int Width) ImageSize { get; }

    /// <summary>Rows of that picture's patches.</summary>
    public int PatchesDown { get; }

    /// <summary>Columns of that picture's patches.</summary>
    public int PatchesAcross { get; }

    /// <summary>Whether the patch convolution has a bias.</summary>
    public bool PatchBias { get; init; } = true;

    /// <summary>Whether a learnt row stands before the patches.</summary>
    public bool HasClassToken { get; init; } = true;

    /// <summary>Whether the embeddings are normed before the first layer (<c>pre_layrnorm</c>, as CLIP spells it).</summary>
    public bool HasPreNorm { get; init; }

    /// <summary>Where the last norm stands.</summary>
    public FinalNorm Norm { get; init; } = FinalNorm.AllRows;

    /// <summary>How one vector is made of a picture's rows.</summary>
    public VisionPooling Pooling { get; init; } = VisionPooling.ClassToken;

    /// <summary>Channels of the pooled vector, where <see cref="VisionPooling.DenseClassToken"/> says so.</summary>
    public int PoolerSize { get; init; }

    /// <summary>What follows the pooler's linear layer.</summary>
    public Tensors.Activation PoolerAct { get; init; } = Tensors.Activation.Tanh;

    /// <summary>Rows before the patches.</summary>
    public int ClassTokens => HasClassToken ? 1 : 0;

    /// <summary>Rows of a picture of <see cref="ImageSize"/>.</summary>
    public int Positions => PatchesDown * PatchesAcross + ClassTokens;

    static (int Height, int Width) Sides(Config json)
    {
        const int most = 1 << 14;
        int[] sides = json.Ints("image_size");
        return sides.Length is 1 or 2 && sides.All(s => s is > 0 and <= most)
            ? (sides[0], sides[^1])
            : throw json.Bad("image_size", $"must be one or two numbers from 1 to {most}");
    }
}
