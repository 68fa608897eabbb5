using System.Text.Json.Nodes;
using Sensorium.Models.Loading;
using Sensorium.Models.Systems;
using Sensorium.Tensors;
using Sensorium.Tensors.Cpu;
using Sensorium.Weights;

namespace Sensorium.Models.Tests;

/// <summary>What sentence-transformers' files beside a checkpoint make of it, and what they may not ask for.</summary>
public sealed class SentenceEmbeddingTests : IDisposable
{
    readonly TestCheckpoints checkpoints = new();
    readonly CpuDevice device = new(2);

    static string Folder => Path.Combine(TestCheckpoints.Bundle("bert-embed"), "model");

    public void Dispose()
    {
        checkpoints.Dispose();
        device.Dispose();
    }

    [Theory]
    [InlineData(Numerics.Exact)]
    [InlineData(Numerics.Fast)]
    public void AVectorIsTheSameAloneAndInCompany(Numerics numerics)
    {
        EmbeddingSystem system = ModelLoader.LoadEmbeddings(Folder, device);
        string[] texts = ["a cat", "A small brown dog ran over the old bridge.", "", "a cat", string.Concat(Enumerable.Repeat("birds over the lake ", 40))];
        int[][] ids = [.. texts.Select(text => system.Tokenize(text).Ids)];
        using Compute c = device.NewCompute(numerics);
        float[] together = Vectors(c, system, ids);
        for (int i = 0; i < ids.Length; i++)
        {
            Vectors(c, system, [ids[i]]).ShouldBe(together[(i * system.Dimensions)..((i + 1) * system.Dimensions)]);
        }
    }

    [Fact]
    public void ALongTextIsCutAndTheEndTokenStays()
    {
        EmbeddingSystem system = ModelLoader.LoadEmbeddings(Folder, device);
        TokenizedText cut = system.Tokenize(string.Concat(Enumerable.Repeat("a cat ", 30)));
        cut.Ids.Length.ShouldBe(24);
        cut.Ids[^1].ShouldBe(3);
        // Thirty times two tokens, and the two at the ends.
        cut.TokensLeftOut.ShouldBe(62 - 24);
    }

    [Fact]
    public void WithoutTheFilesAVectorIsTheMeanOfLengthOneAndTextsAreAsLongAsThePositions()
    {
        float[] expected = Vector(ModelLoader.LoadEmbeddings(Folder, device), "a cat");
        EmbeddingSystem plain = ModelLoader.LoadEmbeddings(Changed(folder =>
        {
            File.Delete(Path.Combine(folder, "modules.json"));
            File.Delete(Path.Combine(folder, "tokenizer_config.json"));
        }), device);
        Vector(plain, "a cat").ShouldBe(expected);
        plain.Tokenize(string.Concat(Enumerable.Repeat("a cat ", 30))).Ids.Length.ShouldBe(40);
    }

    [Fact]
    public void TheTokenizersLimitCountsWhereNoOtherIsGiven()
    {
        string folder = Changed(folder =>
        {
            File.Delete(Path.Combine(folder, "sentence_bert_config.json"));
            File.WriteAllText(Path.Combine(folder, "tokenizer_config.json"), """{"model_max_length": 7}""");
        });
        ModelLoader.LoadEmbeddings(folder, device).Tokenize(string.Concat(Enumerable.Repeat("a cat ", 30))).Ids.Length.ShouldBe(7);
    }

    [Fact]
    public void ALimitBeyondThePositionsEndsWithThem()
    {
        string folder = Changed(folder => File.WriteAllText(Path.Combine(folder, "sentence_bert_config.json"), """{"max_seq_length": 512}"""));
        EmbeddingSystem system = ModelLoader.LoadEmbeddings(folder, device);
        TokenizedText text = system.Tokenize(string.Concat(Enumerable.Repeat("a cat ", 60)));
        text.Ids.Length.ShouldBe(40);
        Vector(system, string.Concat(Enumerable.Repeat("a cat ", 60))).ShouldAllBe(v => float.IsFinite(v));
    }

    [Fact]
    public void PromptsStandBeforeTextsAndOneMayBeTheDefault()
    {
        string folder = Changed(folder => File.WriteAllText(
            Path.Combine(folder, "config_sentence_transformers.json"), """{"prompts": {"query": "dog: ", "passage": ""}, "default_prompt_name": "query"}"""));
        EmbeddingSystem system = ModelLoader.LoadEmbeddings(folder, device);
        system.WithPrompt("a cat", null).ShouldBe("dog: a cat");
        system.WithPrompt("a cat", "passage").ShouldBe("a cat");
        Should.Throw<RequestException>(() => system.WithPrompt("a cat", "quest")).Message.ShouldContain("query, passage");
        Should.Throw<RequestException>(() => ModelLoader.LoadEmbeddings(Folder, device).WithPrompt("a cat", "query")).Message.ShouldContain("none at all");
    }

    [Fact]
    public void APromptThatPoolingLeavesOutIsRefused()
    {
        string folder = Changed(folder =>
        {
            File.WriteAllText(Path.Combine(folder, "config_sentence_transformers.json"), """{"prompts": {"query": "dog: "}}""");
            File.WriteAllText(Path.Combine(folder, "1_Pooling", "config.json"), """{"pooling_mode_mean_tokens": true, "include_prompt": false}""");
        });
        EmbeddingSystem system = ModelLoader.LoadEmbeddings(folder, device);
        system.WithPrompt("a cat", null).ShouldBe("a cat");
        Should.Throw<RequestException>(() => system.WithPrompt("a cat", "query")).Message.ShouldContain("include_prompt");
    }

    [Fact]
    public void ADenseModuleChangesTheNumbersOfAVector()
    {
        string folder = Changed(folder =>
        {
            Modules(folder, modules => modules.Insert(2, Module("2_Dense", "Dense")));
            string dense = Directory.CreateDirectory(Path.Combine(folder, "2_Dense")).FullName;
            File.WriteAllText(Path.Combine(dense, "config.json"), """{"in_features": 48, "out_features": 2, "bias": true, "activation_function": "torch.nn.modules.linear.Identity"}""");
            var weight = new float[2 * 48];
            weight[0] = 2;
            weight[48 + 1] = -1;
            SafetensorsWriter.Write(Path.Combine(dense, "model.safetensors"), [RawTensor.FromFloats("linear.weight", [2, 48], weight), RawTensor.FromFloats("linear.bias", [2], [0.5f, 0])]);
        });
        EmbeddingSystem system = ModelLoader.LoadEmbeddings(folder, device);
        system.Dimensions.ShouldBe(2);
        EmbeddingSystem means = ModelLoader.LoadEmbeddings(Changed(folder => Modules(folder, modules => modules.RemoveAt(2)), "means"), device);
        float[] mean = Vector(means, "a cat");
        float x = 2 * mean[0] + 0.5f, y = -mean[1], length = MathF.Sqrt(x * x + y * y);
        Vector(system, "a cat").ShouldBe([x / length, y / length], 1e-5);
    }

    [Theory]
    [InlineData("""[{"type": "sentence_transformers.models.Pooling", "path": ""}]""", "modules.json")]
    [InlineData("{}", "modules.json")]
    [InlineData("""[{"type": "m.Transformer", "path": ""}, {"type": "m.Pooling", "path": "../1_Pooling"}]""", "no folder inside")]
    [InlineData("""[{"type": "m.Transformer", "path": ""}, {"type": "m.Pooling", "path": "9_Pooling"}]""", "9_Pooling")]
    [InlineData("""[{"type": "m.Transformer", "path": ""}, {"type": "m.Pooling", "path": "1_Pooling"}, {"type": "m.CNN", "path": "2_CNN"}]""", "'CNN'")]
    public void ModulesThatAreNotSupportedAreNamed(string modules, string named)
    {
        string folder = Changed(folder => File.WriteAllText(Path.Combine(folder, "modules.json"), modules));
        Should.Throw<CheckpointException>(() => ModelLoader.LoadEmbeddings(folder, device)).Message.ShouldContain(named);
    }

    [Theory]
    [InlineData("""{"pooling_mode_mean_tokens": false}""", "pooling_mode_mean_tokens")]
    [InlineData("""{"pooling_mode": "median"}""", "median")]
    [InlineData("""{"pooling_mode_mean_tokens": "yes"}""", "pooling_mode_mean_tokens")]
    public void PoolingThatIsNotSupportedIsNamed(string pooling, string named)
    {
        string folder = Changed(folder => File.WriteAllText(Path.Combine(folder, "1_Pooling", "config.json"), pooling));
        Should.Throw<CheckpointException>(() => ModelLoader.LoadEmbeddings(folder, device)).Message.ShouldContain(named);
    }

    [Fact]
    public void SeveralPoolingsStandSideBySide()
    {
        string folder = Changed(folder => File.WriteAllText(
            Path.Combine(folder, "1_Pooling", "config.json"), """{"pooling_mode_cls_token": true, "pooling_mode_max_tokens": true, "pooling_mode_weightedmean_tokens": true, "pooling_mode_lasttoken": true}"""));
        EmbeddingSystem system = ModelLoader.LoadEmbeddings(folder, device);
        system.Dimensions.ShouldBe(5 * 48);
        Vector(system, "a cat").Sum(v => v * v).ShouldBe(1, 1e-5f);
    }

    [Fact]
    public void AModelThatGivesNoVectorsIsTold() =>
        Should.Throw<CheckpointException>(() => ModelLoader.LoadEmbeddings(Path.Combine(TestCheckpoints.Bundle("llama"), "model"), device)).Message.ShouldContain("gives no vectors");

    string Changed(Action<string> change, string name = "changed")
    {
        string copy = checkpoints.Copy(Folder, _ => { }, name);
        change(copy);
        return copy;
    }

    static void Modules(string folder, Action<JsonArray> change)
    {
        string file = Path.Combine(folder, "modules.json");
        JsonArray modules = JsonNode.Parse(File.ReadAllText(file))!.AsArray();
        change(modules);
        File.WriteAllText(file, modules.ToJsonString());
    }

    static JsonObject Module(string path, string type) => new() { ["path"] = path, ["type"] = "sentence_transformers.models." + type };

    float[] Vector(EmbeddingSystem system, string text)
    {
        using Compute c = device.NewCompute(Numerics.Exact);
        return Vectors(c, system, [system.Tokenize(text).Ids]);
    }

    static float[] Vectors(Compute c, EmbeddingSystem system, int[][] ids)
    {
        c.Reset();
        Tensor vectors = system.EmbedTexts(c, ids);
        var values = new float[vectors.Rows * vectors.Columns];
        c.Read(vectors, values);
        return values;
    }
}
