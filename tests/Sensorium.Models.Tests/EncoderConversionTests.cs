using System.Text.Json.Nodes;
using Sensorium.Models.Conversion;
using Sensorium.Models.Loading;
using Sensorium.Models.Systems;
using Sensorium.Tensors;
using Sensorium.Tensors.Cpu;
using Sensorium.Weights;

namespace Sensorium.Models.Tests;

/// <summary>Embedding models on their way to GGUF and back: what sentence-transformers' files say beside the tensors.</summary>
public sealed class EncoderConversionTests : ConversionFixture
{
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
            gguf.Gguf["tokenizer.ggml.tokens"].AsStrings().ShouldContain("\u2581the", StringComparer.Ordinal);
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

    /// <summary>A RoBERTa comes back as the BERT that it is in GGUF files, and gives the same vectors and ids.</summary>
    [Theory]
    [InlineData("roberta")]
    [InlineData("xlm-roberta")]
    public void ARobertaBecomesABertOfTheSameVectors(string type)
    {
        string source = Checkpoints.Copy(Bundle("roberta-embed"), json => json["model_type"] = type);
        ModelConverter.ToGguf(source, At("m.gguf")).Remarks.ShouldContain(remark => remark.Contains("pooler.*", StringComparison.Ordinal));
        ModelConverter.ToFolder(At("m.gguf"), At("m"));
        using (TensorSource gguf = TensorSource.Open(At("m.gguf")))
        {
            gguf["position_embd.weight"].Shape[0].ShouldBe(32);
            gguf.Gguf!.Integer("bert.context_length").ShouldBe(32);
            gguf.Gguf.Integer("tokenizer.ggml.token_type_count").ShouldBe(1);
        }

        // Short, since the longest text that sentence_bert_config.json allows is not carried over.
        const string text = "The quick fox, 24 é";
        (int[] ids, float[] vector) = Embedded(source, text);
        foreach (string path in (string[])[At("m.gguf"), At("m")])
        {
            (int[] otherIds, float[] otherVector) = Embedded(path, text);
            otherIds.ShouldBe(ids);
            otherVector.ShouldBe(vector);
        }
    }

    (int[] Ids, float[] Vector) Embedded(string path, string text)
    {
        EmbeddingSystem system = ModelLoader.LoadEmbeddings(path, Device);
        int[] ids = system.Tokenize(text).Ids;
        using Compute c = Device.NewCompute(Numerics.Exact);
        var values = new float[system.Dimensions];
        c.Read(system.EmbedTexts(c, [ids]), values);
        return (ids, values);
    }

    [Fact]
    public void AnActivationThatIsNoGeluIsRefused() =>
        Should.Throw<CheckpointException>(() => ModelConverter.ToGguf(Checkpoints.Copy(Bundle("bert"), json => json["hidden_act"] = "relu"), At("m.gguf"))).Item.ShouldBe("hidden_act");

    [Theory]
    [InlineData("gelu", true)]
    [InlineData("gelu_new", false)]
    public void LlamaCppsFormulaIsSaidWhereItIsAnother(string activation, bool isSaid) =>
        ModelConverter.ToGguf(Checkpoints.Copy(Bundle("bert"), json => json["hidden_act"] = activation), At("m.gguf")).Remarks
            .Any(remark => remark.Contains("tanh", StringComparison.Ordinal)).ShouldBe(isSaid);

    string Pooled(string mode)
    {
        string copy = Checkpoints.Copy(Bundle("bert-embed"), _ => { }, mode);
        File.WriteAllText(Path.Combine(copy, "1_Pooling", "config.json"), $$"""{"word_embedding_dimension": 48, "pooling_mode_mean_tokens": false, "pooling_mode_{{mode}}": true}""");
        return copy;
    }
}
