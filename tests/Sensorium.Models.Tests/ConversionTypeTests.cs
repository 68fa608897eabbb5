using System.Text.Json.Nodes;
using Sensorium.Models.Conversion;
using Sensorium.Models.Loading;
using Sensorium.Tensors;
using Sensorium.Weights;

namespace Sensorium.Models.Tests;

/// <summary>Conversions to other types: blocks as llama-quantize makes them, narrower floats.</summary>
public sealed class ConversionTypeTests : ConversionFixture
{
    /// <summary>Where the bundle's float32 file is there: whole files as llama-quantize --pure wrote them, byte for byte.</summary>
    [Theory]
    [InlineData("Q4_0")]
    [InlineData("Q4_1")]
    [InlineData("Q5_0")]
    [InlineData("Q5_1")]
    [InlineData("Q8_0")]
    [InlineData("Q2_K")]
    [InlineData("Q3_K")]
    [InlineData("Q4_K")]
    [InlineData("Q5_K")]
    [InlineData("Q6_K")]
    [InlineData("IQ4_NL")]
    [InlineData("IQ4_XS")]
    [InlineData("TQ1_0")]
    [InlineData("TQ2_0")]
    [InlineData("F16")]
    [InlineData("BF16")]
    public void QuantisingGivesTheFilesOfLlamaQuantize(string type)
    {
        string bundle = Path.Combine(TestCheckpoints.Repository, "..", "shared", "conformance", "gguf-quant-types");
        if (!File.Exists(Path.Combine(bundle, "model-F32.gguf")))
        {
            return;
        }

        ModelConverter.ToGguf(Path.Combine(bundle, "model-F32.gguf"), At("q.gguf"), new ConversionOptions { Mix = QuantMix.Find(type)! with { IsPure = true } });
        File.ReadAllBytes(At("q.gguf")).AsSpan().SequenceEqual(File.ReadAllBytes(Path.Combine(bundle, $"model-{type}.gguf"))).ShouldBeTrue();
    }

    [Fact]
    public void WhatIsQuantisedIsQuantisedAgainOnlyWhenTold()
    {
        string path = Path.Combine(TestCheckpoints.Bundle("gguf-quant-types"), "model-Q8_0.gguf");
        var options = new ConversionOptions { Mix = QuantMix.Find("Q4_0") };
        Should.Throw<CheckpointException>(() => ModelConverter.ToGguf(path, At("q.gguf"), options)).Message.ShouldContain("--requantize");
        Directory.GetFileSystemEntries(Folder).ShouldBeEmpty();
        ModelConverter.ToGguf(path, At("q.gguf"), options with { Requantize = true }).Tensors.Count(tensor => tensor.Type == DType.Q4_0).ShouldBe(15);
    }

    [Fact]
    public void AFolderIsQuantisedInOneStep()
    {
        ConversionResult result = ModelConverter.ToGguf(Bundle("llama"), At("q.gguf"), new ConversionOptions { Mix = QuantMix.Find("Q8_0") });
        result.Tensors.Where(tensor => tensor.Shape.Length > 1).ShouldAllBe(tensor => tensor.Type == DType.Q8_0);
        result.Tensors.Where(tensor => tensor.Shape.Length == 1).ShouldAllBe(tensor => tensor.Type == DType.F32);
        result.BitsPerWeight.ShouldBeInRange(8.5, 8.8);
        float[] before = Answers(Bundle("llama")), after = Answers(At("q.gguf"));
        before.Zip(after, (a, b) => Math.Abs(a - b)).Max().ShouldBeLessThan(0.2f);
        after.ShouldNotBe(before);
    }

    [Fact]
    public void SafetensorsHaveNoBlocks() =>
        Should.Throw<CheckpointException>(() => ModelConverter.ToFolder(Bundle("llama"), At("m"), new ConversionOptions { Mix = QuantMix.Find("Q8_0") })).Message.ShouldContain("no blocks");

    [Fact]
    public void AFolderIsNarrowedAndShardedWithItsOtherFiles()
    {
        string source = Checkpoints.Copy(Bundle("llama"), _ => { });
        File.WriteAllText(Path.Combine(source, "chat_template.jinja"), "{{ messages }}");
        ConversionResult result = ModelConverter.ToFolder(source, At("m"), new ConversionOptions { Mix = QuantMix.Find("BF16"), ShardBytes = 100_000 });
        result.Tensors.ShouldAllBe(tensor => tensor.Type == DType.BF16);
        File.ReadAllText(Path.Combine(At("m"), "chat_template.jinja")).ShouldBe("{{ messages }}");
        JsonNode.Parse(File.ReadAllText(Path.Combine(At("m"), "config.json")))!["dtype"]!.GetValue<string>().ShouldBe("bfloat16");
        Directory.GetFiles(At("m"), "*.safetensors").Length.ShouldBeGreaterThan(1);
        ModelLoader.Declare(At("m")).Count.ShouldBe(21);
    }
}
