using System.Text.Json;
using Sensorium.Media.Images;
using Sensorium.Media.Images.Processing;
using Sensorium.Media.Images.Resizing;

namespace Sensorium.Media.Tests.Images.Processing;

public class ImageProcessorsTests
{
    const string Timm = """{"input_size":[3,224,224],"interpolation":"bicubic","crop_pct":0.875,"crop_mode":"center","mean":[0.5,0.5,0.5],"std":[0.5,0.5,0.5]}""";

    [Fact]
    public void TimmsSettingsBecomeAProcessor()
    {
        ImageProcessor processor = ImageProcessors.FromTimm(Parse(Timm), "config.json");
        (processor.Resize, processor.ResizeWidth, processor.CropWidth, processor.Resample).ShouldBe((ResizeRule.ShortestEdge, 256, 224, Resample.Bicubic));
        processor.OutputSize(640, 480).ShouldBe((224, 224));
        (float[] rows, int width, int height) = processor.Process(new Image(3, 2, ImageMode.L, [0, 0, 0, 0, 0, 0]));
        (rows.Length, width, height).ShouldBe((224 * 224 * 3, 224, 224));
        rows.ShouldAllBe(v => v == -1f);
    }

    [Theory]
    [InlineData("[3,224,224]", "[3,224]", "pretrained_cfg.input_size")]
    [InlineData("[3,224,224]", "[3,224,1e9]", "pretrained_cfg.input_size")]
    [InlineData("[3,224,224]", "[1,224,224]", "pretrained_cfg.input_size")]
    [InlineData("0.875", "0", "pretrained_cfg.crop_pct")]
    [InlineData("0.875", "\"x\"", "pretrained_cfg.crop_pct")]
    [InlineData("\"center\"", "\"border\"", "pretrained_cfg.crop_mode")]
    [InlineData("\"bicubic\"", "\"mitchell\"", "pretrained_cfg.interpolation")]
    [InlineData("\"std\":[0.5,0.5,0.5]", "\"std\":[0.5,0,0.5]", "pretrained_cfg.std")]
    [InlineData("\"mean\"", "\"meen\"", "pretrained_cfg.mean")]
    public void AWrongKeyIsNamed(string from, string to, string key)
    {
        MediaException error = Should.Throw<MediaException>(() => ImageProcessors.FromTimm(Parse(Timm.Replace(from, to, StringComparison.Ordinal)), "model/config.json"));
        error.Message.ShouldStartWith("model/config.json: key \"" + key + "\"");
    }

    [Theory]
    [InlineData("""{"image_processor_type":"CLIPImageProcessor"}""", "ShortestEdge,224x224", "224x224")]
    [InlineData("""{"feature_extractor_type":"CLIPFeatureExtractor","size":336,"crop_size":336}""", "ShortestEdge,336x336", "336x336")]
    [InlineData("""{"image_processor_type":"SiglipImageProcessorFast","size":{"height":512,"width":384}}""", "Exact,384x512", "0x0")]
    [InlineData("""{"image_processor_type":"ViTImageProcessor","do_resize":false,"do_normalize":false}""", "None,0x0", "0x0")]
    public void TransformersDefaultsAndOldSpellingsAreKnown(string json, string resize, string crop)
    {
        string identity = ImageProcessors.FromTransformers(Parse(json), "preprocessor_config.json").Identity;
        identity.ShouldContain(resize);
        identity.ShouldContain("," + crop + ",");
    }

    [Fact]
    public void AnUnknownProcessorIsNamedWithTheKnownOnes()
    {
        MediaException error = Should.Throw<MediaException>(() => ImageProcessors.FromTransformers(Parse("""{"image_processor_type":"FooImageProcessor"}"""), "p.json"));
        error.Message.ShouldContain("FooImageProcessor");
        error.Message.ShouldContain("CLIPImageProcessor");
        Should.Throw<MediaException>(() => ImageProcessors.FromTransformers(Parse("[]"), "p.json")).Message.ShouldContain("image_processor_type");
    }

    [Fact]
    public void TheIdentityTellsSettingsApart()
    {
        ImageProcessor processor = ImageProcessors.FromTimm(Parse(Timm), "config.json");
        processor.Identity.ShouldBe(ImageProcessors.FromTimm(Parse(Timm), "other.json").Identity);
        string.Equals((processor with { Mean = [0.5f, 0.5f, 0.4f] }).Identity, processor.Identity, StringComparison.Ordinal).ShouldBeFalse();
        string.Equals(processor.WithBackend(ResizeBackend.Torchvision).Identity, processor.Identity, StringComparison.Ordinal).ShouldBeFalse();
    }

    [Fact]
    public void AnExtremeShapeIsRefused()
    {
        ImageProcessor processor = ImageProcessors.FromTransformers(Parse("""{"image_processor_type":"CLIPImageProcessor","size":{"shortest_edge":336}}"""), "p.json");
        var thread = new Image(1, 2_000_000, ImageMode.L, new byte[2_000_000], "thread.png");
        Should.Throw<MediaException>(() => processor.Process(thread)).Message.ShouldStartWith("thread.png: ");
    }

    static JsonElement Parse(string json)
    {
        using JsonDocument document = JsonDocument.Parse(json);
        return document.RootElement.Clone();
    }
}
