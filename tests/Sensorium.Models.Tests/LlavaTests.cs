using System.Text.Json.Nodes;
using Sensorium.Models.Backbones;
using Sensorium.Models.Loading;
using Sensorium.Models.Systems;
using Sensorium.Tensors;
using Sensorium.Tensors.Cpu;
using Sensorium.Weights;

namespace Sensorium.Models.Tests;

public sealed class LlavaTests : IDisposable
{
    readonly TestCheckpoints checkpoints = new();
    readonly CpuDevice device = new();

    static string Folder => Path.Combine(TestCheckpoints.Bundle("llava"), "model");

    public void Dispose()
    {
        checkpoints.Dispose();
        device.Dispose();
    }

    // Soft tokens of a made-up picture, and the language model's logits after them.
    float[] Look(string folder)
    {
        var model = (Llava)ModelLoader.Load(folder, device).Model;
        using Compute c = device.NewCompute(Numerics.Exact);
        (int height, int width) = model.Vision.Tower.Transformer.Config.ImageSize;
        var pixels = new float[height * width * 3];
        for (int i = 0; i < pixels.Length; i++)
        {
            pixels[i] = MathF.Sin(i);
        }

        Tensor soft = model.Vision.Forward(c, new FeatureMaps(c.FromHost(pixels, height * width, 3), new Grid((1, height, width))));
        ((int)soft.Rows).ShouldBe(model.Vision.SoftTokensOf(width, height));
        Backbone language = model.Language;
        Tensor last = language.Forward(c, soft, Plan.Of(causal: true, (int)soft.Rows)).SliceRows(soft.Rows - 1, 1);
        var logits = new float[language.VocabularySize];
        c.Read(language.Logits(c, language.Norm(c, last)), logits);
        logits.ShouldAllBe(l => float.IsFinite(l));
        return logits;
    }

    static string Modern(string name) => name switch
    {
        _ when name.StartsWith("language_model.model.", StringComparison.Ordinal) => "model.language_model." + name["language_model.model.".Length..],
        _ when name.StartsWith("language_model.lm_head.", StringComparison.Ordinal) => name["language_model.".Length..],
        _ => "model." + name,
    };

    [Fact]
    public void OldAndNewNamesAreTheSameModel()
    {
        float[] old = Look(Folder);
        Look(checkpoints.Renamed(Folder, Modern)).ShouldBe(old);
        Look(checkpoints.Renamed(Folder, name => Modern(name).Replace("vision_tower.vision_model.", "vision_tower.", StringComparison.Ordinal))).ShouldBe(old);
    }

    [Fact]
    public void ATiedHeadMayBeStoredOrNot()
    {
        string folder = checkpoints.Copy(Folder, json => json["text_config"]!["tie_word_embeddings"] = true);
        float[] tied = Look(folder);
        using TensorSource source = TensorSource.Open(Folder);
        File.Delete(Path.Combine(folder, "model.safetensors"));
        SafetensorsWriter.Write(Path.Combine(folder, "model.safetensors"), [.. source.Tensors.Where(t => t.Name != "language_model.lm_head.weight").Select(t => t.As(Modern(t.Name), t.Shape.ToArray()))]);
        Look(folder).ShouldBe(tied);
        File.Delete(Path.Combine(folder, "model.safetensors"));
        SafetensorsWriter.Write(Path.Combine(folder, "model.safetensors"), [.. source.Tensors.Select(t => t.As(Modern(t.Name), t.Shape.ToArray()))]);
        Look(folder).ShouldBe(tied);
    }

    [Theory]
    [InlineData("mistral", "-2", "full")]
    [InlineData("qwen2", "[-1, 0]", "full")]
    [InlineData("llama", "[1, -2]", "default")]
    [InlineData("gpt2", "-1", "default")]
    public void TowersAndLanguageModelsOfOtherFamilies(string language, string layers, string strategy)
    {
        JsonObject text = language == "gpt2"
            ? new JsonObject { ["model_type"] = "gpt2", ["n_embd"] = 24, ["n_head"] = 3, ["n_layer"] = 2, ["n_positions"] = 64, ["vocab_size"] = 50 }
            : new JsonObject
            {
                ["model_type"] = language, ["hidden_size"] = 24, ["intermediate_size"] = 32, ["num_hidden_layers"] = 2, ["num_attention_heads"] = 3,
                ["num_key_value_heads"] = 1, ["vocab_size"] = 50, ["max_position_embeddings"] = 64,
            };
        string folder = checkpoints.Made("llava-" + language, new JsonObject
        {
            ["model_type"] = "llava",
            ["image_token_id"] = 7,
            ["vision_feature_layer"] = JsonNode.Parse(layers),
            ["vision_feature_select_strategy"] = strategy,
            ["projector_hidden_act"] = "gelu",
            ["multimodal_projector_bias"] = language != "qwen2",
            ["text_config"] = text,
            ["vision_config"] = new JsonObject
            {
                ["model_type"] = "siglip_vision_model", ["hidden_size"] = 16, ["intermediate_size"] = 20, ["num_hidden_layers"] = 2, ["num_attention_heads"] = 2,
                ["image_size"] = 32, ["patch_size"] = 8, ["vision_use_head"] = language == "llama",
            },
        });
        Look(folder);
        var model = (Llava)ModelLoader.Load(folder, device).Model;
        model.ImageTokenId.ShouldBe(7);

        // SigLIP has no class token: what is dropped is its first patch, as the reference does.
        model.Vision.SoftTokensOf(32, 32).ShouldBe(strategy == "full" ? 16 : 15);
    }

    [Fact]
    public void SectionsMayLeaveOutTheReferencesDefaults()
    {
        string message = Should.Throw<CheckpointException>(() => ModelLoader.Declare(checkpoints.Copy(Folder, json =>
        {
            json["text_config"]!.AsObject().Remove("hidden_size");
            json["text_config"]!.AsObject().Remove("head_dim");
            json["text_config"]!["num_attention_heads"] = 4;
        }))).Message;
        message.ShouldContain("[374, 4096]");
    }

    [Theory]
    [InlineData("text_config", "vision_config", "siglip_vision_model")]
    [InlineData("vision_config", "text_config", "llama")]
    [InlineData("text_config", "text_config", "lama")]
    [InlineData("vision_config", "vision_config", "clip_vison_model")]
    public void APartOfTheWrongKindIsNamed(string section, string settings, string type)
    {
        string folder = checkpoints.Copy(Folder, json =>
        {
            json[section] = json[settings]!.DeepClone();
            json[section]!["model_type"] = type;
        });
        Should.Throw<CheckpointException>(() => ModelLoader.Declare(folder)).Item.ShouldBe($"{section}.model_type");
    }
}
