using System.Text.Json.Nodes;
using Sensorium.Models.Conversion;
using Sensorium.Models.Loading;
using Sensorium.Weights;

namespace Sensorium.Models.Tests;

/// <summary>Embedding models on their way to GGUF and back: what sentence-transformers' files say beside the tensors.</summary>
public sealed class EncoderConversionTests : IDisposable
{
    readonly TestCheckpoints checkpoints = new();
    readonly string folder = Directory.CreateTempSubdirectory("sensorium-convert-").FullName;

    public void Dispose()
    {
        checkpoints.Dispose();
        Directory.Delete(folder, recursive: true);
    }

    string At(string name) => Path.Combine(folder, name);

    static string Bundle(string name) => Path.Combine(TestCheckpoints.Bundle(name), "model");

    [Theory]
    [InlineData("mean_tokens", 1)]
    [InlineData("cls_token", 2)]
    [InlineData("lasttoken", 3)]
    public void PoolingIsCarriedBothWays(string mode, int type)
    {
        string source = Pooled(mode);
        ConversionResult result = ModelConverter.ToGguf(source, At("m.gguf"));
        result.Remarks.ShouldNotContain(remark => remark.Contains("pooling", StringComparison.Ordinal));
        using (TensorSource gguf = TensorSource.Open(At("m.gguf")))
        {
            gguf.Gguf!.Integer("bert.pooling_type").ShouldBe(type);
            gguf.Gguf.Flag("bert.attention.causal").ShouldBe(false);
            gguf.Gguf.Integer("tokenizer.ggml.token_type_count").ShouldBe(2);
            gguf.Gguf["tokenizer.ggml.tokens"].AsStrings().ShouldContain("\u2581the");
        }

        ModelConverter.ToFolder(At("m.gguf"), At("m"));
        JsonNode pooling = JsonNode.Parse(File.ReadAllText(Path.Combine(At("m"), "1_Pooling", "config.json")))!;
        pooling[$"pooling_mode_{mode}"]!.GetValue<bool>().ShouldBeTrue();
        pooling.AsObject().Count(pair => pair.Value!.GetValueKind() == System.Text.Json.JsonValueKind.True).ShouldBe(1);
        using ModelFiles a = ModelFiles.Open(source), b = ModelFiles.Open(At("m.gguf")), c = ModelFiles.Open(At("m"));
        const string text = "The quick brown fox, it is 2024 naïve\n café!";
        int[] ids = a.ReadTokenizer()!.EncodeIds(text);
        b.ReadTokenizer()!.EncodeIds(text).ShouldBe(ids);
        c.ReadTokenizer()!.EncodeIds(text).ShouldBe(ids);
    }

    [Fact]
    public void WhatGgufDoesNotKnowOfVectorsIsSaid()
    {
        string source = Pooled("max_tokens");
        File.WriteAllText(Path.Combine(source, "config_sentence_transformers.json"), """{"prompts": {"query": "query: "}, "default_prompt_name": null}""");
        ConversionResult result = ModelConverter.ToGguf(source, At("m.gguf"));
        result.Remarks.ShouldContain(remark => remark.Contains("pooling Max", StringComparison.Ordinal));
        result.Remarks.ShouldContain(remark => remark.Contains("prompts is not carried over", StringComparison.Ordinal));
        result.Remarks.ShouldContain(remark => remark.Contains("max_seq_length", StringComparison.Ordinal));
        result.Remarks.ShouldContain(remark => remark.Contains("pooler.*", StringComparison.Ordinal));
        using TensorSource gguf = TensorSource.Open(At("m.gguf"));
        gguf.Gguf!.Integer("bert.pooling_type").ShouldBeNull();
    }

    [Fact]
    public void AnActivationThatIsNoGeluIsRefused() =>
        Should.Throw<CheckpointException>(() => ModelConverter.ToGguf(checkpoints.Copy(Bundle("bert"), json => json["hidden_act"] = "relu"), At("m.gguf"))).Item.ShouldBe("hidden_act");

    [Theory]
    [InlineData("gelu", true)]
    [InlineData("gelu_new", false)]
    public void LlamaCppsFormulaIsSaidWhereItIsAnother(string activation, bool isSaid) =>
        ModelConverter.ToGguf(checkpoints.Copy(Bundle("bert"), json => json["hidden_act"] = activation), At("m.gguf")).Remarks
            .Any(remark => remark.Contains("tanh", StringComparison.Ordinal)).ShouldBe(isSaid);

    string Pooled(string mode)
    {
        string copy = checkpoints.Copy(Bundle("bert-embed"), _ => { }, mode);
        File.WriteAllText(Path.Combine(copy, "1_Pooling", "config.json"), $$"""{"word_embedding_dimension": 48, "pooling_mode_mean_tokens": false, "pooling_mode_{{mode}}": true}""");
        return copy;
    }
}
