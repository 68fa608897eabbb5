using Sensorium.Models.Loading;
using Sensorium.Weights;

namespace Sensorium.Models.Backbones;

/// <summary>Mistral (Jiang et al. 2023; transformers MistralForCausalLM): Llama whose layers all attend within a window, unless it is null.</summary>
static class Mistral
{
    /// <summary>The sizes of transformers' MistralConfig, which sections of larger configs leave out where they are the same.</summary>
    public const string SectionDefaults = """
        {"hidden_size": 4096, "intermediate_size": 14336, "num_hidden_layers": 32, "num_attention_heads": 32, "vocab_size": 32000}
        """;

    const string Defaults = """{"sliding_window": 4096, "num_key_value_heads": 8, "max_position_embeddings": 131072}""";

    /// <summary>In GGUF files it is a Llama; llama.cpp has no windows there.</summary>
    public static GgufForm Gguf { get; } = Llama.Form("MistralForCausalLM", Defaults);

    public static Decoder Build(Checkpoint at, Config json)
    {
        json = json.WithDefaults(Defaults);
        return new Decoder(at, new DecoderConfig(json).WithWindows(json, slides: _ => true));
    }
}
