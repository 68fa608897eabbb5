using System.Text.Json;
using Sensorium.Media.Images.Processing;
using Sensorium.Models.Encoders;
using Sensorium.Models.Encoders.Transformers;
using Sensorium.Models.Loading;
using Sensorium.Tensors;
using Sensorium.Tensors.Cpu;
using Sensorium.Weights;

namespace Sensorium.Models.Tests;

public sealed class VisionTowerTests : IDisposable
{
    readonly TestCheckpoints checkpoints = new();
    readonly CpuDevice device = new();
    readonly Compute c;

    public VisionTowerTests() => c = device.NewCompute(Numerics.Exact);

    static string Folder(string bundle) => Path.Combine(TestCheckpoints.Bundle(bundle), "model");

    public void Dispose()
    {
        c.Dispose();
        checkpoints.Dispose();
        device.Dispose();
    }

    VisionModel Load(string folder) => (VisionModel)ModelLoader.Load(folder, device).Model;

    FeatureMaps Pixels(params (int Height, int Width)[] sizes)
    {
        var random = new Random(3);
        float[] rows = [.. Enumerable.Range(0, sizes.Sum(s => s.Height * s.Width) * 3).Select(_ => (float)random.NextDouble())];
        return new FeatureMaps(c.FromHost(rows, rows.Length / 3, 3), new Grid([.. sizes.Select(s => (1, s.Height, s.Width))]));
    }

    float[] Read(Tensor x)
    {
        var values = new float[x.Rows * x.Columns];
        c.Read(x, values);
        return values;
    }

    [Theory]
    [InlineData("clip-vision", "vision_model.")]
    [InlineData("siglip-vision", "vision_model.")]
    [InlineData("vit", "vit.")]
    public void TowersLoadWithoutTheirPrefix(string bundle, string prefix)
    {
        string bare = checkpoints.Renamed(Folder(bundle), name => name.StartsWith(prefix, StringComparison.Ordinal) ? name[prefix.Length..] : name);
        FeatureMaps pixels = Pixels((56, 56));
        Read(Load(bare).Vectors(c, pixels)).ShouldBe(Read(Load(Folder(bundle)).Vectors(c, pixels)));
    }

    [Fact]
    public void ABaseModelLoadsWithThePrefixOfAClassifier()
    {
        string prefixed = checkpoints.Renamed(Folder("vit-pooled"), name => "vit." + name);

        // What a pooler is called tells the model from a classifier that no longer has its head.
        FeatureMaps pixels = Pixels((48, 48));
        Read(Load(prefixed).Vectors(c, pixels)).ShouldBe(Read(Load(Folder("vit-pooled")).Vectors(c, pixels)));
    }

    [Fact]
    public void OldPositionNumbersAreNotNeeded()
    {
        using TensorSource source = TensorSource.Open(Folder("clip-vision"));
        string copy = checkpoints.Copy(Folder("clip-vision"), _ => { });
        File.Delete(Path.Combine(copy, "model.safetensors"));
        SafetensorsWriter.Write(
            Path.Combine(copy, "model.safetensors"),
            [.. source.Tensors, RawTensor.FromFloats("vision_model.embeddings.position_ids", [1, 17], new float[17])]);
        Load(copy);
    }

    [Theory]
    [InlineData("vit")]
    [InlineData("clip-vision")]
    [InlineData("siglip-vision")]
    public void APictureIsTheSameInCompanyOfOtherSizes(string bundle)
    {
        VisionModel model = Load(Folder(bundle));
        FeatureMaps three = Pixels((56, 56), (30, 75), (42, 42));
        float[] together = Read(model.Vectors(c, three));
        int first = 0;
        for (int i = 0; i < 3; i++)
        {
            GridItem item = three.Grid.Items[i];
            var one = new FeatureMaps(three.Rows.SliceRows(first, item.Rows), new Grid((1, item.Height, item.Width)));
            Read(model.Vectors(c, one)).ShouldBe(together[(i * model.Dimensions)..((i + 1) * model.Dimensions)]);
            first += item.Rows;
        }
    }

    [Fact]
    public void FeaturesOfSeveralLayersStandSideBySideInTheirOrder()
    {
        VisionTransformer transformer = Load(Folder("clip-vision")).Transformer;
        FeatureMaps pixels = Pixels((56, 56), (56, 56));
        PatchRows embedded = transformer.Embed(c, pixels);
        float[] second = Read(transformer.Run(c, embedded, 0, 2).WithoutFirst(c));
        float[] input = Read(embedded.WithoutFirst(c));
        Tensor both = new FeatureLayers([2, 0], dropsFirst: true).Forward(c, transformer, pixels);
        (both.Rows, both.Columns).ShouldBe((2 * 16, 2 * 48));
        Read(both.Slice(0, 48)).ShouldBe(second);
        Read(both.Slice(48, 48)).ShouldBe(input);
    }

    [Theory]
    [InlineData("""{"vision_feature_layer": 4}""")]
    [InlineData("""{"vision_feature_layer": -5}""")]
    [InlineData("""{"vision_feature_layer": []}""")]
    [InlineData("""{"vision_feature_layer": "last"}""")]
    [InlineData("""{"vision_feature_select_strategy": "cls"}""")]
    public void FeatureLayersThatAreNotThereAreNamed(string json) =>
        Should.Throw<CheckpointException>(() => FeatureLayers.Read(Json(json), 3)).Item!.ShouldStartWith("vision_feature");

    [Theory]
    [InlineData("patch_size", "57")]
    [InlineData("image_size", "0")]
    [InlineData("image_size", "[56, 56, 56]")]
    [InlineData("image_size", "100000")]
    [InlineData("num_attention_heads", "7")]
    [InlineData("hidden_act", "\"swoosh\"")]
    public void AConfigOfTheWrongKindIsNamed(string key, string value) =>
        Should.Throw<CheckpointException>(() => Load(checkpoints.Copy(Folder("clip-vision"), json => json[key] = System.Text.Json.Nodes.JsonNode.Parse(value)))).Item.ShouldBe(key);

    [Fact]
    public void AnImageSizeThatContradictsThePositionsNamesBoth()
    {
        string message = Should.Throw<CheckpointException>(() => Load(checkpoints.Copy(Folder("clip-vision"), json => json["image_size"] = 70))).Message;
        message.ShouldContain("position_embedding");
        message.ShouldContain("image_size");
        message.ShouldContain("[17, 48]");
        message.ShouldContain("[26, 48]");
    }

    [Fact]
    public void LabelsStandInTheOrderOfTheirNumbers()
    {
        string folder = checkpoints.Copy(Folder("vit"), json => json["id2label"] = System.Text.Json.Nodes.JsonNode.Parse("""{"6": "g", "0": "a", "2": "c", "1": "b", "3": "d", "4": "e", "5": "f"}"""));
        ((IImageClassifier)ModelLoader.Load(folder, device).Model).Labels.ShouldBe(["a", "b", "c", "d", "e", "f", "g"]);
    }

    [Fact]
    public void WithoutSettingsPicturesAreMadeForTheModel()
    {
        ImageProcessor clip = Load(Folder("clip-vision")).Processor;
        (clip.Resize, clip.ResizeWidth, clip.CropWidth, clip.CropHeight).ShouldBe((ResizeRule.ShortestEdge, 56, 56, 56));
        ImageProcessor siglip = Load(Folder("siglip-vision")).Processor;
        (siglip.Resize, siglip.OutputSize(1000, 10)).ShouldBe((ResizeRule.Exact, (42, 42)));
        siglip.Mean.ShouldBe([0.5f, 0.5f, 0.5f]);
    }

    [Theory]
    [InlineData("preprocessor_config.json", """{"image_processor_type": "CLIPImageProcessor", "size": 30, "crop_size": 28}""")]
    [InlineData("preprocessor_config.json", """{"feature_extractor_type": "CLIPFeatureExtractor", "size": 30, "crop_size": 28}""")]
    [InlineData("preprocessor_config.json", """{"size": 30, "crop_size": {"height": 28, "width": 28}}""")]
    [InlineData("processor_config.json", """{"image_processor": {"image_processor_type": "CLIPImageProcessorFast", "size": {"shortest_edge": 30}, "crop_size": {"height": 28, "width": 28}}}""")]
    public void SettingsAreReadWhereverTheyStand(string file, string json)
    {
        string folder = checkpoints.Copy(Folder("clip-vision"), _ => { });
        File.WriteAllText(Path.Combine(folder, file), json);
        ImageProcessor processor = Load(folder).Processor;
        (processor.ResizeWidth, processor.CropWidth).ShouldBe((30, 28));
    }

    [Theory]
    [InlineData("""{"image_processor": {"image_processor_type": "CLIPImageProcessor", "size": 30, "crop_size": 28}}""", 28)]
    [InlineData("""{"processor_class": "LlavaProcessor", "patch_size": 14}""", 42)]
    public void TheProcessorsSectionCountsBeforeTheOlderFile(string processorConfig, int crop)
    {
        string folder = checkpoints.Copy(Folder("clip-vision"), _ => { });
        File.WriteAllText(Path.Combine(folder, "processor_config.json"), processorConfig);
        File.WriteAllText(Path.Combine(folder, "preprocessor_config.json"), """{"image_processor_type": "CLIPImageProcessor", "size": 42, "crop_size": 42}""");
        Load(folder).Processor.CropWidth.ShouldBe(crop);
    }

    [Fact]
    public void SettingsThatMakePicturesSmallerThanAPatchAreNamed()
    {
        string folder = checkpoints.Copy(Folder("clip-vision"), _ => { });
        File.WriteAllText(Path.Combine(folder, "preprocessor_config.json"), """{"image_processor_type": "CLIPImageProcessor", "size": 13, "crop_size": 13}""");
        CheckpointException e = Should.Throw<CheckpointException>(() => Load(folder));
        e.Item.ShouldBe("crop_size");
        e.Message.ShouldContain("preprocessor_config.json");
    }

    static Config Json(string json)
    {
        using JsonDocument document = JsonDocument.Parse(json);
        return new Config("config.json", document.RootElement.Clone());
    }
}
