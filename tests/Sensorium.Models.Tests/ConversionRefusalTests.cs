using System.Text.Json.Nodes;
using Sensorium.Models.Conversion;
using Sensorium.Models.Loading;
using Sensorium.Weights;

namespace Sensorium.Models.Tests;

/// <summary>What is not converted, and that it leaves nothing behind.</summary>
public sealed class ConversionRefusalTests : ConversionFixture
{
    [Fact]
    public void AnOlmo3IsNotTakenForAnOlmo2()
    {
        ModelConverter.ToGguf(Bundle("olmo2"), At("m.gguf"));
        using (GgufFile file = GgufFile.Open(At("m.gguf")))
        {
            var writer = new GgufWriter();
            foreach (string key in file.Metadata.Keys)
            {
                writer.Add(file.Metadata[key]);
            }

            writer.Add("olmo2.attention.sliding_window", 4096u);
            writer.Write(At("3.gguf"));
        }

        Should.Throw<CheckpointException>(() => ModelLoader.Declare(At("3.gguf"))).Message.ShouldContain("OLMo 3");
    }

    [Theory]
    [InlineData("llama", "hidden_act", "\"gelu\"")]
    [InlineData("llama", "rope_parameters", "{\"rope_type\":\"dynamic\",\"rope_theta\":10000.0,\"factor\":2.0}")]
    [InlineData("llama", "rope_parameters", "{\"rope_type\":\"yarn\",\"rope_theta\":10000.0,\"factor\":2.0,\"attention_factor\":1.5}")]
    [InlineData("qwen2", "use_sliding_window", "true")]
    [InlineData("qwen3", "rope_scaling", "{\"rope_type\":\"llama3\",\"factor\":8.0,\"low_freq_factor\":1.0,\"high_freq_factor\":4.0,\"original_max_position_embeddings\":64}")]
    [InlineData("gemma3", "query_pre_attn_scalar", "100")]
    [InlineData("gemma3", "sliding_window_pattern", "3")]
    [InlineData("gpt2", "scale_attn_by_inverse_layer_idx", "true")]
    [InlineData("gpt2", "activation_function", "\"relu\"")]
    [InlineData("gemma2", "query_pre_attn_scalar", "12")]
    [InlineData("gemma2", "final_logit_softcapping", "null", "query_pre_attn_scalar", "16")]
    [InlineData("gemma2", "layer_types", "[\"full_attention\", \"full_attention\"]", "query_pre_attn_scalar", "16")]
    [InlineData("olmo2", "tie_word_embeddings", "true")]
    [InlineData("smollm3", "no_rope_layers", "[1, 0, 1, 0]")]
    [InlineData("qwen3-moe", "mlp_only_layers", "[1]")]
    public void WhatGgufCannotSayIsRefusedByName(string bundle, string key, string value, string? otherKey = null, string? otherValue = null)
    {
        string changed = Checkpoints.Copy(Bundle(bundle), json =>
        {
            json[key] = JsonNode.Parse(value);
            if (otherKey is not null)
            {
                json[otherKey] = JsonNode.Parse(otherValue!);
            }
        });
        CheckpointException e = Should.Throw<CheckpointException>(() => ModelConverter.ToGguf(changed, At("m.gguf")));
        e.Item!.ShouldStartWith(key.Replace("rope_parameters", "rope_scaling", StringComparison.Ordinal));
        Directory.GetFileSystemEntries(Folder).ShouldBeEmpty();
    }

    [Theory]
    [InlineData("swish")]
    [InlineData("silu")]
    public void AnotherWordForTheSameIsNoDifference(string activation) =>
        ModelConverter.ToGguf(Checkpoints.Copy(Bundle("llama"), json => json["hidden_act"] = activation), At("m.gguf")).Tensors.Count.ShouldBe(21);

    [Fact]
    public void AFamilyWithoutAGgufFormIsToldWhichHaveOne() =>
        Should.Throw<CheckpointException>(() => ModelConverter.ToGguf(TestCheckpoints.Model("efficientnet-lite0"), At("m.gguf"))).Message.ShouldContain("Llama");

    [Fact]
    public void AComposedModelIsNotConverted() =>
        Should.Throw<CheckpointException>(() => ModelConverter.ToFolder(TestCheckpoints.Model("nano"), At("m"))).Message.ShouldContain("one by one");

    [Theory]
    [InlineData("hidden_size", "128")]
    [InlineData("num_hidden_layers", "3")]
    [InlineData("vocab_size", "\"many\"")]
    public void ABrokenSourceLeavesNothingBehind(string key, string value)
    {
        string changed = Checkpoints.Copy(Bundle("llama"), json => json[key] = JsonNode.Parse(value));
        Should.Throw<CheckpointException>(() => ModelConverter.ToGguf(changed, At("m.gguf")));
        Should.Throw<CheckpointException>(() => ModelConverter.ToFolder(changed, At("m")));
        Directory.GetFileSystemEntries(Folder).ShouldBeEmpty();
    }

    [Theory]
    [InlineData(0.3)]
    [InlineData(0.9)]
    public void ACutFileLeavesNothingBehind(double share)
    {
        string cut = At("cut.gguf");
        byte[] whole = File.ReadAllBytes(Path.Combine(TestCheckpoints.Bundle("gguf-archs"), "model-llama.gguf"));
        File.WriteAllBytes(cut, whole[..(int)(whole.Length * share)]);
        Should.Throw<CheckpointException>(() => ModelConverter.ToFolder(cut, At("m")));
        Should.Throw<CheckpointException>(() => ModelConverter.ToGguf(cut, At("m.gguf"), new ConversionOptions { Mix = QuantMix.Find("Q8_0") }));
        Directory.GetFileSystemEntries(Folder).ShouldBe([cut]);
    }

    [Fact]
    public void AnInterruptedConversionLeavesNothingBehind()
    {
        using var stop = new CancellationTokenSource();
        var afterSome = new Stopping(stop);
        Should.Throw<OperationCanceledException>(() => ModelConverter.ToFolder(Path.Combine(TestCheckpoints.Bundle("gguf-archs"), "model-llama.gguf"), At("m"), null, afterSome, stop.Token));
        Directory.GetFileSystemEntries(Folder).ShouldBeEmpty();
    }

    [Fact]
    public void TheSourceIsNotReplacedByItsResult()
    {
        File.Copy(Path.Combine(TestCheckpoints.Bundle("gguf-archs"), "model-llama.gguf"), At("m.gguf"));
        Should.Throw<CheckpointException>(() => ModelConverter.ToGguf(At("m.gguf"), At("m.gguf"))).Message.ShouldContain("another place");
        string copy = Checkpoints.Copy(Bundle("llama"), _ => { });
        Should.Throw<CheckpointException>(() => ModelConverter.ToFolder(copy, copy)).Message.ShouldContain("another place");
    }

    sealed class Stopping(CancellationTokenSource stop) : IProgress<LoadProgress>
    {
        public void Report(LoadProgress value) => stop.Cancel();
    }
}
