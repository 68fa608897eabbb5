using Sensorium.Models.Layers;
using Sensorium.Tensors;

namespace Sensorium.Models.Backbones;

/// <summary>GPT-2's settings (transformers GPT2Config).</summary>
sealed class Gpt2Config
{
    public Gpt2Config(Config json)
    {
        NEmbd = json.Int("n_embd");
        NHead = json.Int("n_head");
        NLayer = json.Int("n_layer", most: 4096);
        NPositions = json.Int("n_positions");
        VocabSize = json.Int("vocab_size");
        NInner = json.IntOr("n_inner", checked(4 * NEmbd));
        LayerNormEpsilon = json.Float("layer_norm_epsilon", 1e-5f);
        ActivationFunction = Activations.Read(json, "activation_function", Activation.GeluTanh);
        TieWordEmbeddings = json.Bool("tie_word_embeddings", true);
        ScaleAttnWeights = json.Bool("scale_attn_weights", true);
        ScaleAttnByInverseLayerIdx = json.Bool("scale_attn_by_inverse_layer_idx", false);
        if (NEmbd % NHead != 0)
        {
            throw json.Bad("n_head", $"is {NHead}, of which n_embd {NEmbd} is no multiple");
        }

        if (json.Bool("add_cross_attention", false))
        {
            throw json.Bad("add_cross_attention", "is true: GPT-2 as the decoder of another model is not supported by itself");
        }
    }

    public int NEmbd { get; }

    public int NHead { get; }

    public int NLayer { get; }

    public int NPositions { get; }

    public int NInner { get; }

    public int VocabSize { get; }

    public float LayerNormEpsilon { get; }

    public Activation ActivationFunction { get; }

    public bool TieWordEmbeddings { get; }

    public bool ScaleAttnWeights { get; }

    public bool ScaleAttnByInverseLayerIdx { get; }

    public SelfAttentionConfig AttentionOf(int layer)
    {
        int size = NEmbd / NHead;
        float scale = (ScaleAttnWeights ? 1 / MathF.Sqrt(size) : 1) / (ScaleAttnByInverseLayerIdx ? layer + 1 : 1);
        return new SelfAttentionConfig(NEmbd, new AttentionShape { Heads = NHead, KvHeads = NHead, KeySize = size, Scale = scale }, Rope: null)
        {
            FusedName = "c_attn",
            OutputName = "c_proj",
            InputBias = true,
            OutputBias = true,
        };
    }
}
