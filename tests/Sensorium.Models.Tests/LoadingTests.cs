using System.Text.Json.Nodes;
using Sensorium.Models.Loading;
using Sensorium.Tensors;
using Sensorium.Tensors.Cpu;
using Sensorium.Weights;

namespace Sensorium.Models.Tests;

public sealed class LoadingTests : IDisposable
{
    readonly TestCheckpoints checkpoints = new();
    readonly CpuDevice device = new();

    static string Llama => Path.Combine(TestCheckpoints.Bundle("llama"), "model");

    public void Dispose()
    {
        checkpoints.Dispose();
        device.Dispose();
    }

    CheckpointException Fault(string folder) => Should.Throw<CheckpointException>(() => ModelLoader.Load(folder, device));

    [Fact]
    public void AnUnknownTypeNamesTheNearest() =>
        Fault(checkpoints.Copy(Llama, json => json["model_type"] = "lama")).Message.ShouldContain("nearest: 'llama'");

    [Theory]
    [InlineData("hidden_size", "is missing")]
    [InlineData("num_hidden_layers", "is missing")]
    [InlineData("vocab_size", "is missing")]
    public void AMissingKeyIsNamed(string key, string mention)
    {
        CheckpointException e = Fault(checkpoints.Copy(Llama, json => json.Remove(key)));
        e.Item.ShouldBe(key);
        e.Message.ShouldContain(mention);
        e.Message.ShouldContain("config.json");
    }

    [Theory]
    [InlineData("hidden_size", "\"64\"")]
    [InlineData("hidden_size", "-64")]
    [InlineData("hidden_size", "1e30")]
    [InlineData("num_hidden_layers", "2147483647")]
    [InlineData("num_attention_heads", "0")]
    [InlineData("rms_norm_eps", "\"small\"")]
    [InlineData("hidden_act", "\"swoosh\"")]
    [InlineData("tie_word_embeddings", "3")]
    [InlineData("rope_parameters", "[]")]
    [InlineData("rope_parameters", "{\"rope_type\":\"spiral\"}")]
    [InlineData("rope_parameters", "{\"rope_type\":\"linear\"}")]
    public void AKeyOfTheWrongKindIsNamed(string key, string value)
    {
        CheckpointException e = Fault(checkpoints.Copy(Llama, json => json[key] = JsonNode.Parse(value)));
        e.Item.ShouldNotBeNull();
        e.Item.ShouldStartWith(key);
    }

    [Fact]
    public void AConfigThatContradictsTheTensorsNamesBoth()
    {
        CheckpointException e = Fault(checkpoints.Copy(Llama, json => json["intermediate_size"] = 96));
        e.Message.ShouldContain("intermediate_size");
        e.Message.ShouldContain("gate_proj");
        e.Message.ShouldContain("[160, 64]");
        e.Message.ShouldContain("[96, 64]");
    }

    [Fact]
    public void MoreLayersThanTensorsNamesTheMissing() =>
        Fault(checkpoints.Copy(Llama, json => json["num_hidden_layers"] = 3)).Message.ShouldContain("model.layers.2.");

    [Fact]
    public void FewerLayersThanTensorsNamesTheUnused() =>
        Fault(checkpoints.Copy(Llama, json => json["num_hidden_layers"] = 1)).Message.ShouldContain("not used by the model");

    [Fact]
    public void SevenHeadsCannotShareTwo()
    {
        CheckpointException e = Fault(checkpoints.Copy(Llama, json => json["num_key_value_heads"] = 3));
        e.Item.ShouldBe("num_key_value_heads");
    }

    [Fact]
    public void APathThatIsNotThereIsNamed() => Fault(Path.Combine(TestCheckpoints.Repository, "no-such-model")).Message.ShouldContain("no-such-model");

    [Fact]
    public void TensorsWithoutAConfigAskForOne() =>
        Fault(Path.Combine(Llama, "model.safetensors")).Message.ShouldContain("config.json");

    [Fact]
    public void DeepJsonIsRefused()
    {
        string folder = checkpoints.Copy(Llama, _ => { });
        File.WriteAllText(Path.Combine(folder, "config.json"), new string('[', 100_000));
        Fault(folder).Message.ShouldContain("is not JSON");
    }

    [Fact]
    public void AComposedModelNamesTheMissingPart()
    {
        string folder = checkpoints.Copy(TestCheckpoints.Model("nano"), json => json["language"]!["model"] = "../elsewhere");
        CheckpointException e = Fault(folder);
        e.Message.ShouldContain("../");
        e.Item.ShouldNotBeNull();
    }

    [Fact]
    public void AComposedModelCannotContainItself()
    {
        string folder = checkpoints.Copy(TestCheckpoints.Model("nano"), json =>
        {
            foreach (string encoder in (string[])["features", "objects"])
            {
                json["encoders"]![encoder]!["model"] = ".";
            }
        });
        Fault(folder).Message.ShouldContain("contain itself");
    }

    [Fact]
    public void AnEncoderIsNoLanguageModel()
    {
        string folder = checkpoints.Copy(TestCheckpoints.Model("nano"), json =>
        {
            json["encoders"]!["features"]!["model"] = TestCheckpoints.Model("efficientnet-lite0");
            json["encoders"]!["objects"]!["model"] = TestCheckpoints.Model("ssdlite-mobilenet-v2-coco");
            json["language"]!["model"] = Llama;
        });
        CheckpointException e = Fault(folder);
        e.Item.ShouldBe("projector.hidden_size");
        e.Message.ShouldContain("576");
    }

    [Fact]
    public void DeclaringReadsNoWeights()
    {
        IReadOnlyList<Weight> weights = ModelLoader.Declare(TestCheckpoints.Model("nano"));
        weights.Sum(w => w.Elements).ShouldBeInRange(140_000_000, 160_000_000);
        weights.ShouldAllBe(w => w.Prepared == null);
    }
}
