using System.Text.Json.Nodes;
using Sensorium.Models.Backbones;
using Sensorium.Models.Conversion;
using Sensorium.Models.Loading;
using Sensorium.Tensors;
using Sensorium.Tensors.Cpu;
using Sensorium.Tensors.Formats;
using Sensorium.Weights;

namespace Sensorium.Models.Tests;

/// <summary>Folders as GGUF files and back: the same tensors, the same settings, the same answers.</summary>
public sealed class ConversionTests : IDisposable
{
    readonly TestCheckpoints checkpoints = new();
    readonly CpuDevice device = new(1);
    readonly string folder = Directory.CreateTempSubdirectory("sensorium-convert-").FullName;

    public void Dispose()
    {
        checkpoints.Dispose();
        device.Dispose();
        Directory.Delete(folder, recursive: true);
    }

    string At(string name) => Path.Combine(folder, name);

    static string Bundle(string name) => Path.Combine(TestCheckpoints.Bundle(name), "model");

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
    public void AFolderComesBackFromGgufAsItWas(string bundle, string architecture)
    {
        ModelConverter.ToGguf(Bundle(bundle), At("m.gguf"));
        using (TensorSource gguf = TensorSource.Open(At("m.gguf")))
        {
            gguf.Gguf!.Architecture.ShouldBe(architecture);
            gguf.Gguf.Integer("general.file_type").ShouldBe(bundle == "llama-bf16" ? 32 : 0);
        }

        ModelConverter.ToFolder(At("m.gguf"), At("back"));
        if (architecture != "t5")
        {
            float[] before = Logits(Bundle(bundle));
            Logits(At("m.gguf")).ShouldBe(before);
            Logits(At("back")).ShouldBe(before);
        }

        SameTensors(Bundle(bundle), At("back"), exactly: bundle != "gemma3");
        SameSettings(Bundle(bundle), At("back"));
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
            .Except(["gemma3.rope.freq_base_swa", "tokenizer.ggml.add_eos_token"], StringComparer.Ordinal).ShouldBe(["general.quantization_version", "general.type"]);
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
        float[] window = Logits(Bundle("mistral"), tokens: 8);
        Logits(At("m.gguf"), tokens: 8).ShouldBe(window);
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
    public void WhatGgufCannotSayIsRefusedByName(string bundle, string key, string value)
    {
        string changed = checkpoints.Copy(Bundle(bundle), json => json[key] = JsonNode.Parse(value));
        CheckpointException e = Should.Throw<CheckpointException>(() => ModelConverter.ToGguf(changed, At("m.gguf")));
        e.Item!.ShouldStartWith(key.Replace("rope_parameters", "rope_scaling", StringComparison.Ordinal));
        Directory.GetFileSystemEntries(folder).ShouldBeEmpty();
    }

    [Theory]
    [InlineData("swish")]
    [InlineData("silu")]
    public void AnotherWordForTheSameIsNoDifference(string activation) =>
        ModelConverter.ToGguf(checkpoints.Copy(Bundle("llama"), json => json["hidden_act"] = activation), At("m.gguf")).Tensors.Count.ShouldBe(21);

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
        string changed = checkpoints.Copy(Bundle("llama"), json => json[key] = JsonNode.Parse(value));
        Should.Throw<CheckpointException>(() => ModelConverter.ToGguf(changed, At("m.gguf")));
        Should.Throw<CheckpointException>(() => ModelConverter.ToFolder(changed, At("m")));
        Directory.GetFileSystemEntries(folder).ShouldBeEmpty();
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
        Directory.GetFileSystemEntries(folder).ShouldBe([cut]);
    }

    [Fact]
    public void AnInterruptedConversionLeavesNothingBehind()
    {
        using var stop = new CancellationTokenSource();
        var afterSome = new Stopping(stop);
        Should.Throw<OperationCanceledException>(() => ModelConverter.ToFolder(Path.Combine(TestCheckpoints.Bundle("gguf-archs"), "model-llama.gguf"), At("m"), null, afterSome, stop.Token));
        Directory.GetFileSystemEntries(folder).ShouldBeEmpty();
    }

    [Fact]
    public void TheSourceIsNotReplacedByItsResult()
    {
        File.Copy(Path.Combine(TestCheckpoints.Bundle("gguf-archs"), "model-llama.gguf"), At("m.gguf"));
        Should.Throw<CheckpointException>(() => ModelConverter.ToGguf(At("m.gguf"), At("m.gguf"))).Message.ShouldContain("another place");
        string copy = checkpoints.Copy(Bundle("llama"), _ => { });
        Should.Throw<CheckpointException>(() => ModelConverter.ToFolder(copy, copy)).Message.ShouldContain("another place");
    }

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
        Directory.GetFileSystemEntries(folder).ShouldBeEmpty();
        ModelConverter.ToGguf(path, At("q.gguf"), options with { Requantize = true }).Tensors.Count(tensor => tensor.Type == DType.Q4_0).ShouldBe(15);
    }

    [Fact]
    public void AFolderIsQuantisedInOneStep()
    {
        ConversionResult result = ModelConverter.ToGguf(Bundle("llama"), At("q.gguf"), new ConversionOptions { Mix = QuantMix.Find("Q8_0") });
        result.Tensors.Where(tensor => tensor.Shape.Length > 1).ShouldAllBe(tensor => tensor.Type == DType.Q8_0);
        result.Tensors.Where(tensor => tensor.Shape.Length == 1).ShouldAllBe(tensor => tensor.Type == DType.F32);
        result.BitsPerWeight.ShouldBeInRange(8.5, 8.8);
        float[] before = Logits(Bundle("llama")), after = Logits(At("q.gguf"));
        before.Zip(after, (a, b) => Math.Abs(a - b)).Max().ShouldBeLessThan(0.2f);
        after.ShouldNotBe(before);
    }

    [Fact]
    public void SafetensorsHaveNoBlocks() =>
        Should.Throw<CheckpointException>(() => ModelConverter.ToFolder(Bundle("llama"), At("m"), new ConversionOptions { Mix = QuantMix.Find("Q8_0") })).Message.ShouldContain("no blocks");

    [Fact]
    public void AFolderIsNarrowedAndShardedWithItsOtherFiles()
    {
        string source = checkpoints.Copy(Bundle("llama"), _ => { });
        File.WriteAllText(Path.Combine(source, "chat_template.jinja"), "{{ messages }}");
        ConversionResult result = ModelConverter.ToFolder(source, At("m"), new ConversionOptions { Mix = QuantMix.Find("BF16"), ShardBytes = 100_000 });
        result.Tensors.ShouldAllBe(tensor => tensor.Type == DType.BF16);
        File.ReadAllText(Path.Combine(At("m"), "chat_template.jinja")).ShouldBe("{{ messages }}");
        JsonNode.Parse(File.ReadAllText(Path.Combine(At("m"), "config.json")))!["dtype"]!.GetValue<string>().ShouldBe("bfloat16");
        Directory.GetFiles(At("m"), "*.safetensors").Length.ShouldBeGreaterThan(1);
        ModelLoader.Declare(At("m")).Count.ShouldBe(21);
    }

    [Theory]
    [InlineData(8, 1, 4, 8192, 500000, 128)]
    [InlineData(32, 1, 4, 8192, 500000, 64)]
    [InlineData(4, 1, 2, 4096, 10000, 64)]
    [InlineData(8, 1, 4, 64, 500000, 16)]
    public void LlamaThreesRopeIsFoundInItsDivisors(float factor, float low, float high, int trained, float theta, int size)
    {
        JsonObject config = Rope(theta, size, new JsonObject
        {
            ["rope_type"] = "llama3", ["factor"] = factor, ["low_freq_factor"] = low, ["high_freq_factor"] = high, ["original_max_position_embeddings"] = trained,
        });
        float[] divisors = BlockFormats.ToFloats(GgufRope.Llama3Tensors(Read(config)).Single());
        GgufRope.Recover(divisors, Read(Rope(theta, size, null))).ToJsonString().ShouldBe(
            new JsonObject { ["rope_type"] = "llama3", ["factor"] = factor, ["low_freq_factor"] = 1.0, ["high_freq_factor"] = (double)high, ["original_max_position_embeddings"] = trained }.ToJsonString());
    }

    [Fact]
    public void OtherDivisorsBecomeLongRope()
    {
        JsonObject recovered = GgufRope.Recover([1, 3, 2, 5], Read(Rope(10000, 8, null)));
        recovered["rope_type"]!.GetValue<string>().ShouldBe("longrope");
        recovered["short_factor"]!.AsArray().Count.ShouldBe(4);
        recovered["long_factor"]!.ToJsonString().ShouldBe("[1,3,2,5]");
    }

    static JsonObject Rope(float theta, int size, JsonObject? scaling) => new()
    {
        ["hidden_size"] = size, ["num_attention_heads"] = 1, ["head_dim"] = size, ["max_position_embeddings"] = 131072, ["rope_theta"] = theta, ["rope_scaling"] = scaling,
    };

    static Config Read(JsonObject json)
    {
        using System.Text.Json.JsonDocument document = System.Text.Json.JsonDocument.Parse(json.ToJsonString());
        return new Config("config.json", document.RootElement.Clone());
    }

    float[] Logits(string path, int tokens = 24)
    {
        var backbone = (Backbone)ModelLoader.Load(path, device).Model;
        int[] ids = [.. Enumerable.Range(0, tokens).Select(i => (int)((i + 1) * 2654435761L % backbone.VocabularySize))];
        using Compute c = device.NewCompute(Numerics.Exact);
        Tensor logits = backbone.Logits(c, backbone.Norm(c, backbone.Forward(c, backbone.Embed(c, ids), Plan.Of(causal: true, ids.Length))));
        var values = new float[(int)(logits.Rows * logits.Columns)];
        c.Read(logits, values);
        return values;
    }

    /// <summary>By the hub's names, so that spellings of a family count as one.</summary>
    static void SameTensors(string before, string after, bool exactly)
    {
        using ModelFiles a = ModelFiles.Open(before), b = ModelFiles.Open(after);
        Dictionary<string, PlannedTensor> first = Tensors(a), second = Tensors(b);
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
            if (!first.Has(key))
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

    sealed class Stopping(CancellationTokenSource stop) : IProgress<LoadProgress>
    {
        public void Report(LoadProgress value) => stop.Cancel();
    }
}
