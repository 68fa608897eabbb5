using Sensorium.Media.Images;
using Sensorium.Models.Loading;
using Sensorium.Models.Systems;
using Sensorium.Tensors;
using Sensorium.Tensors.Cpu;
using Sensorium.Weights;

namespace Sensorium.Models.Tests;

public sealed class MmprojTests : IDisposable
{
    readonly TestCheckpoints checkpoints = new();
    readonly CpuDevice device = new();

    public void Dispose()
    {
        checkpoints.Dispose();
        device.Dispose();
    }

    static string Language(string name) => Path.Combine(TestCheckpoints.Bundle("gguf-archs"), $"model-{name}.gguf");

    static Picture Red { get; } = new("red.png", Pixels(40, 30));

    static byte[] Pixels(int width, int height)
    {
        var image = new Image(width, height, ImageMode.RGB);
        for (int i = 0; i < image.Memory.Length; i += 3)
        {
            image.Memory.Span[i] = (byte)(i % 251);
        }

        return Media.Images.Png.PngEncoder.Encode(image);
    }

    float[] Soft(string mmproj)
    {
        var eyes = (LlavaVision)ModelLoader.Load(mmproj, device).Model;
        using Compute c = device.NewCompute(Numerics.Exact);
        var pixels = new float[28 * 28 * 3];
        for (int i = 0; i < pixels.Length; i++)
        {
            pixels[i] = MathF.Sin(i);
        }

        Tensor soft = eyes.Forward(c, new FeatureMaps(c.FromHost(pixels, 28 * 28, 3), new Grid((1, 28, 28))));
        (soft.Rows, soft.Columns).ShouldBe((4, 64));
        var values = new float[soft.Rows * soft.Columns];
        c.Read(soft, values);
        return values;
    }

    string Write(Action<TestMmproj> change, int textHidden = 64)
    {
        var file = new TestMmproj(textHidden);
        change(file);
        return file.Write(checkpoints.PlaceFor("mmproj.gguf"));
    }

    CheckpointException Fault(Action<TestMmproj> change) => Should.Throw<CheckpointException>(() => ModelLoader.Load(Write(change), device));

    [Fact]
    public void TheLastLayerIsNotRunUnlessTheFileSaysSo()
    {
        float[] plain = Soft(Write(_ => { }));
        Soft(Write(m => m.Lists["clip.vision.feature_layer"] = [2])).ShouldBe(plain);
        Soft(Write(m => m.Lists["clip.vision.feature_layer"] = [3])).ShouldNotBe(plain);
        Soft(Write(m => m.Put("v.blk.2.attn_q.weight", 16, 16))).ShouldBe(plain);
    }

    [Fact]
    public void OldNamesOfTheMlpsHalvesMeanTheSame()
    {
        float[] plain = Soft(Write(_ => { }));
        Soft(Write(m =>
        {
            for (int i = 0; i < 3; i++)
            {
                foreach (string part in (string[])["weight", "bias"])
                {
                    m.Rename($"v.blk.{i}.ffn_up.{part}", "kept");
                    m.Rename($"v.blk.{i}.ffn_down.{part}", $"v.blk.{i}.ffn_up.{part}");
                    m.Rename("kept", $"v.blk.{i}.ffn_down.{part}");
                }
            }
        })).ShouldBe(plain);
    }

    [Fact]
    public void FilesBeforeProjectorTypesAreLlavas()
    {
        float[] plain = Soft(Write(_ => { }));
        Soft(Write(m =>
        {
            m.Text.Remove("clip.projector_type");
            m.Flags["clip.has_llava_projector"] = true;
        })).ShouldBe(plain);
    }

    [Fact]
    public void AProjectorMayBeLinear() => Soft(Write(m =>
    {
        m.Tensors.Remove("mm.2.weight");
        m.Tensors.Remove("mm.2.bias");
    })).Length.ShouldBe(4 * 64);

    [Fact]
    public void PicturesArePaddedToSquares()
    {
        var eyes = (LlavaVision)ModelLoader.Load(Write(_ => { }), device).Model;
        eyes.Processor.SquareColor.ShouldBe(((byte)122, (byte)116, (byte)104));
        eyes.Processor.OutputSize(1000, 10).ShouldBe((28, 28));
        (float[] rows, int width, int height) = eyes.Processor.Process(Red.Decode(new Media.MediaBudget()));
        (width, height).ShouldBe((28, 28));
        rows[0].ShouldBe((122 / 255f - 0.48145466f) / 0.26862954f, 1e-5f);
    }

    [Theory]
    [InlineData("llama")]
    [InlineData("gemma3")]
    [InlineData("gpt2")]
    public void AnyLanguageModelSeesThroughIt(string language)
    {
        LanguageSystem system = ModelLoader.LoadSystem(Language(language), device, mmproj: Write(_ => { }));
        system.MaxPictures.ShouldBe(system.Backbone.ContextLength / 4);
        IReadOnlyList<PromptSpan> prompt = system.Prompt([new Message("user", [new ContentPart.Image(Red), new ContentPart.Text("Hi?")])]);
        prompt.Count.ShouldBe(3);
        prompt[1].ShouldSatisfyAllConditions(s => s.Picture.ShouldBe(Red), s => s.Length.ShouldBe(4));
        system.Tokenizer.Decode(prompt[0].Ids, skipSpecialTokens: true).ShouldEndWith("USER: ");
        system.Tokenizer.Decode(prompt[2].Ids, skipSpecialTokens: true).TrimStart(' ').ShouldBe("\nHi? ASSISTANT:");
        using Compute c = device.NewCompute(Numerics.Exact);
        (system.Encode(c, Red, new Media.MediaBudget()).Columns).ShouldBe(64);
    }

    [Fact]
    public void TooManyPicturesAreCounted()
    {
        LanguageSystem system = ModelLoader.LoadSystem(Language("llama"), device, mmproj: Write(_ => { }));
        RequestException e = Should.Throw<RequestException>(() => system.Prompt([new Message("user", [.. Enumerable.Repeat(new ContentPart.Image(Red), 65)])]));
        e.Error.ShouldBe(RequestError.TooManyPictures);
        e.Message.ShouldContain("65 pictures");
        e.Message.ShouldContain("64 at most");
    }

    [Fact]
    public void ALanguageModelOfOtherChannelsIsRefused()
    {
        string message = Should.Throw<CheckpointException>(() => ModelLoader.LoadSystem(Language("llama"), device, mmproj: Write(_ => { }, textHidden: 48))).Message;
        message.ShouldContain("48");
        message.ShouldContain("64");
        message.ShouldContain("mmproj.gguf");
    }

    [Fact]
    public void ALanguageModelIsNoMmproj() =>
        Should.Throw<CheckpointException>(() => ModelLoader.LoadSystem(Language("llama"), device, mmproj: Language("qwen2"))).Message.ShouldContain("no vision tower");

    [Fact]
    public void AnMmprojCannotAnswerByItself() =>
        Should.Throw<CheckpointException>(() => ModelLoader.LoadSystem(Write(_ => { }), device)).Message.ShouldContain("--mmproj");

    [Fact]
    public void AnUnknownProjectorTypeIsNamedWithTheSupported()
    {
        CheckpointException e = Fault(m => m.Text["clip.projector_type"] = "ldpv2");
        e.Item.ShouldBe("clip.projector_type");
        e.Message.ShouldContain("'ldpv2'");
        e.Message.ShouldContain("supported are mlp");
    }

    [Fact]
    public void AMissingProjectorTypeIsNamed() => Fault(m => m.Text.Remove("clip.projector_type")).Item.ShouldBe("clip.projector_type");

    [Fact]
    public void AnotherArchitectureIsNamed() => Fault(m => m.Text["general.architecture"] = "clap").Item.ShouldBe("general.architecture");

    [Theory]
    [InlineData("v.class_embd", "v.position_embd.weight")]
    [InlineData("v.patch_embd.weight", "v.patch_embd.weight")]
    [InlineData("v.blk.1.attn_k.bias", "v.blk.1.attn_k.bias")]
    [InlineData("v.blk.0.ffn_down.weight", "v.blk.0.ffn_down.weight")]
    [InlineData("v.pre_ln.bias", "v.pre_ln.bias")]
    [InlineData("mm.2.bias", "mm.2.bias")]
    [InlineData("mm.0.weight", "mm.0.weight")]
    public void AMissingTensorIsNamed(string removed, string named) => Fault(m => m.Tensors.Remove(removed)).Message.ShouldContain(named);

    [Theory]
    [InlineData("embedding_length", 32u, "[16, 3, 14, 14]")]
    [InlineData("feed_forward_length", 20u, "[24, 16]")]
    [InlineData("image_size", 42u, "[5, 16]")]
    [InlineData("patch_size", 7u, "[16, 3, 14, 14]")]
    [InlineData("block_count", 2u, "v.blk.2")]
    [InlineData("block_count", 5u, "v.blk.3")]
    [InlineData("block_count", 4000000000u, "num_hidden_layers")]
    [InlineData("attention.head_count", 3u, "num_attention_heads")]
    [InlineData("patch_size", 0u, "patch_size")]
    [InlineData("patch_size", 29u, "patch_size")]
    [InlineData("image_size", 4000000000u, "image_size")]
    public void MetadataThatContradictsTheTensorsNamesBoth(string key, uint value, string mention) =>
        Fault(m => m.Numbers[$"clip.vision.{key}"] = value).Message.ShouldContain(mention);

    [Fact]
    public void AMissingKeyIsNamed() => Fault(m => m.Numbers.Remove("clip.vision.image_size")).Item.ShouldBe("image_size");

    [Fact]
    public void AFeatureLayerThatIsNotThereIsNamed() => Fault(m => m.Lists["clip.vision.feature_layer"] = [7]).Item.ShouldBe("vision_feature_layer");

    [Fact]
    public void ColoursThatCannotBeDividedByAreNamed()
    {
        Fault(m => m.Std = [0.2f, 0, 0.2f]).Item.ShouldBe("image_std");
        Fault(m => m.Mean = [0.5f]).Item.ShouldBe("image_mean");
    }
}
