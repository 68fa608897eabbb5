using System.Text.Json.Nodes;
using Sensorium.Models.Conversion;
using Sensorium.Models.Loading;
using Sensorium.Tensors;
using Sensorium.Tensors.Formats;
using Sensorium.Weights;

namespace Sensorium.Models.Tests;

/// <summary>Folders as GGUF files and back: the same tensors, the same settings, the same answers.</summary>
public sealed class ConversionTests : ConversionFixture
{
    [Theory]
    [InlineData("llama", "llama")]
    [InlineData("llama-bf16", "llama")]
    [InlineData("llama-sharded", "llama")]
    [InlineData("llama-yarn", "llama")]
    [InlineData("qwen2", "qwen2")]
    [InlineData("qwen3", "qwen3")]
    [InlineData("gpt2", "gpt2")]
    [InlineData("gemma3", "gemma3")]
    [InlineData("t5", "t5")]
    [InlineData("flan-t5", "t5")]
    [InlineData("olmo2", "olmo2")]
    [InlineData("smollm3", "smollm3")]
    [InlineData("phi3", "phi3")]
    [InlineData("mixtral", "llama")]
    [InlineData("bert", "bert")]
    [InlineData("bert-embed", "bert")]
    public void AFolderComesBackFromGgufAsItWas(string bundle, string architecture) => ComesBack(Bundle(bundle), architecture);

    /// <summary>Of settings that no bundle has, or that a bundle has together with what GGUF cannot say.</summary>
    [Theory]
    [InlineData("gemma2", "gemma2", """{"query_pre_attn_scalar": 16}""")]
    [InlineData("gemma2", "gemma2", """{"query_pre_attn_scalar": 16, "attn_logit_softcapping": 20.0, "final_logit_softcapping": 10.0, "layer_types": ["sliding_attention", "full_attention"]}""")]
    [InlineData("phi3", "phi3", """{"original_max_position_embeddings": 16}""")]
    [InlineData("phi3", "phi3", """{"rope_scaling": null, "sliding_window": 12}""")]
    [InlineData("phi3", "phi3", """{"partial_rotary_factor": 0.75, "rope_scaling": {"type": "longrope", "long_factor": [1.5, 2, 3, 4, 5.25, 6], "short_factor": [1, 1.1, 1.2, 1.3, 1.4, 1.5]}}""")]
    [InlineData("phi3", "phi3", """{"rope_scaling": {"rope_type": "longrope", "attention_factor": 1.25, "long_factor": [1, 2, 3, 4, 5, 6, 7, 8], "short_factor": [1, 1, 1, 1, 1, 1, 1, 2]}}""")]
    [InlineData("smollm3", "smollm3", """{"rope_scaling": {"rope_type": "yarn", "factor": 2.0, "original_max_position_embeddings": 128}}""")]
    public void AFolderOfOtherSettingsComesBackFromGguf(string bundle, string architecture, string settings) =>
        ComesBack(Checkpoints.Copy(Bundle(bundle), json =>
        {
            foreach ((string key, JsonNode? value) in JsonNode.Parse(settings)!.AsObject())
            {
                json[key] = value?.DeepClone();
            }
        }), architecture);

    /// <summary>In GGUF files every layer has experts, so that the bundle's plain layer is taken out.</summary>
    [Fact]
    public void QwensExpertsComeBackFromGguf()
    {
        string source = Checkpoints.Copy(Bundle("qwen3-moe"), json =>
        {
            json["num_hidden_layers"] = 2;
            json["mlp_only_layers"] = new JsonArray();
        });
        using (TensorSource bundle = TensorSource.Open(Bundle("qwen3-moe")))
        {
            SafetensorsWriter.Write(
                Path.Combine(source, "model.safetensors"),
                [.. bundle.Tensors.Where(t => !t.Name.Contains(".layers.1.", StringComparison.Ordinal)).Select(t => t.As(t.Name.Replace(".layers.2.", ".layers.1.", StringComparison.Ordinal), t.Shape.ToArray()))]);
        }

        ComesBack(source, "qwen3moe");
        using TensorSource gguf = TensorSource.Open(At("m.gguf"));
        gguf["blk.1.ffn_down_exps.weight"].Shape.ToArray().ShouldBe([8, 32, 24]);
    }

    void ComesBack(string source, string architecture)
    {
        ModelConverter.ToGguf(source, At("m.gguf"));
        using (TensorSource gguf = TensorSource.Open(At("m.gguf")))
        {
            gguf.Gguf!.Architecture.ShouldBe(architecture);
            gguf.Gguf.Integer("general.file_type").ShouldBe(source.Contains("llama-bf16", StringComparison.Ordinal) ? 32 : 0);
        }

        ConversionResult back = ModelConverter.ToFolder(At("m.gguf"), At("back"));
        back.Remarks.ShouldNotContain(remark => remark.StartsWith("tensors", StringComparison.Ordinal) || remark.StartsWith("metadata", StringComparison.Ordinal));
        float[] before = Answers(source);
        Answers(At("m.gguf")).ShouldBe(before);
        Answers(At("back")).ShouldBe(before);
        SameTensors(source, At("back"), exactly: !architecture.StartsWith("gemma", StringComparison.Ordinal));
        SameSettings(source, At("back"));
    }

    /// <summary>Nothing of a GGUF file is lost on the way through a folder; what is added is what newer files have.</summary>
    [Theory]
    [InlineData("llama")]
    [InlineData("llama-f16")]
    [InlineData("qwen2")]
    [InlineData("qwen3")]
    [InlineData("gpt2")]
    [InlineData("gemma3")]
    [InlineData("t5")]
    [InlineData("bert")]
    public void AGgufFileComesBackFromAFolderAsItWas(string name)
    {
        string path = Path.Combine(TestCheckpoints.Bundle("gguf-archs"), $"model-{name}.gguf");
        ConversionResult there = ModelConverter.ToFolder(path, At("m"));
        there.Remarks.ShouldBeEmpty();
        ConversionResult back = ModelConverter.ToGguf(At("m"), At("m.gguf"));
        back.Remarks.ShouldBeEmpty();
        using TensorSource first = TensorSource.Open(path), second = TensorSource.Open(At("m.gguf"));
        foreach (string key in first.Gguf!.Keys)
        {
            // Scores are ranks: another vocabulary's numbers in the same order.
            if (key != "tokenizer.ggml.scores")
            {
                second.Gguf![key].Type.ShouldBe(first.Gguf[key].Type, key);
                GgufConfig.Json(second.Gguf[key]).ToJsonString().ShouldBe(GgufConfig.Json(first.Gguf[key]).ToJsonString(), key);
            }
        }

        second.Gguf!.Keys.Except(first.Gguf.Keys, StringComparer.Ordinal).Order(StringComparer.Ordinal)
            .Except(["gemma3.rope.freq_base_swa", "bert.hidden_activation", "tokenizer.ggml.add_eos_token"], StringComparer.Ordinal).ShouldBe(["general.quantization_version", "general.type"]);
        second.Names.Order(StringComparer.Ordinal).ShouldBe(first.Names.Order(StringComparer.Ordinal));
        foreach (RawTensor tensor in first.Tensors)
        {
            Close(BlockFormats.ToFloats(second[tensor.Name]), BlockFormats.ToFloats(tensor), name == "gemma3" ? 1e-6f : tensor.Name == "rope_freqs.weight" ? 1e-6f : 0, tensor.Name);
            second[tensor.Name].Type.ShouldBe(tensor.Type, tensor.Name);
        }

        using ModelFiles a = ModelFiles.Open(path), b = ModelFiles.Open(At("m")), c = ModelFiles.Open(At("m.gguf"));
        const string text = "the quick brown fox, it is 2024 naïve\n café!";
        int[] ids = a.ReadTokenizer()!.EncodeIds(text);
        b.ReadTokenizer()!.EncodeIds(text).ShouldBe(ids);
        c.ReadTokenizer()!.EncodeIds(text).ShouldBe(ids);
    }

    [Fact]
    public void MistralIsWrittenAsLlamaAndItsWindowIsSaid()
    {
        ConversionResult result = ModelConverter.ToGguf(Bundle("mistral"), At("m.gguf"));
        result.Remarks.ShouldContain(remark => remark.Contains("sliding_window 8", StringComparison.Ordinal));
        using ModelFiles files = ModelFiles.Open(At("m.gguf"));
        files.Family.Type.ShouldBe("llama");
        float[] window = Answers(Bundle("mistral"), tokens: 8);
        Answers(At("m.gguf"), tokens: 8).ShouldBe(window);
    }

    /// <summary>By the hub's names, so that spellings of a family count as one.</summary>
    static void SameTensors(string before, string after, bool exactly)
    {
        using ModelFiles a = ModelFiles.Open(before), b = ModelFiles.Open(after);
        Dictionary<string, PlannedTensor> first = Tensors(a), second = Tensors(b);
        foreach (string name in first.Keys.Where(name => a.Family.Gguf!.LeftOut.Any(start => name.StartsWith(start, StringComparison.Ordinal))).ToArray())
        {
            first.Remove(name);
        }

        second.Keys.Order(StringComparer.Ordinal).ShouldBe(first.Keys.Order(StringComparer.Ordinal));
        foreach ((string name, PlannedTensor tensor) in first)
        {
            second[name].StoredAs.ShouldBe(tensor.StoredAs, name);
            Close(BlockFormats.ToFloats(second[name].Fetch()), BlockFormats.ToFloats(tensor.Fetch()), exactly ? 0 : 2e-7f, name);
        }
    }

    static Dictionary<string, PlannedTensor> Tensors(ModelFiles files)
    {
        Checkpoint at = Checkpoint.Open(files.Source, files.Names);
        ConfigReading.Of(files.Family, at, files.Config);
        return at.Tensors.ToDictionary(tensor => tensor.Name, StringComparer.Ordinal);
    }

    static void SameSettings(string before, string after)
    {
        using ModelFiles a = ModelFiles.Open(before), b = ModelFiles.Open(after);
        b.Family.ShouldBe(a.Family);
        Config first = a.Family.Gguf!.Normalise(a.Config), second = a.Family.Gguf.Normalise(b.Config);
        Dictionary<string, string> expected = ConfigReading.Of(a.Family, Checkpoint.Shapes(), first), actual = ConfigReading.Of(b.Family, Checkpoint.Shapes(), second);
        foreach ((string key, string value) in expected.Where(pair => !pair.Key.Contains("original_max", StringComparison.Ordinal)))
        {
            actual[key].ShouldBe(value, key);
        }

        foreach (string key in (string[])["bos_token_id", "eos_token_id", "model_type", "architectures"])
        {
            // Without its heads a model is of another class.
            if (!first.Has(key) || (key == "architectures" && a.Family.Gguf.LeftOut.Count > 0))
            {
                continue;
            }

            second.Json.GetProperty(key).GetRawText().Replace(" ", "", StringComparison.Ordinal).ReplaceLineEndings("")
                .ShouldBe(first.Json.GetProperty(key).GetRawText().Replace(" ", "", StringComparison.Ordinal).ReplaceLineEndings(""), key);
        }
    }

    static void Close(float[] actual, float[] expected, float allowed, string name)
    {
        actual.Length.ShouldBe(expected.Length, name);
        for (int i = 0; i < actual.Length; i++)
        {
            if (MathF.Abs(actual[i] - expected[i]) > allowed * MathF.Max(1, MathF.Abs(expected[i])))
            {
                Assert.Fail($"{name}[{i}] is {actual[i]}, not {expected[i]}");
            }
        }
    }
}
