using System.Text.Json.Nodes;
using Sensorium.Models.Conversion;
using Sensorium.Tensors.Formats;

namespace Sensorium.Models.Tests;

/// <summary>Rope's settings out of what GGUF files keep of them.</summary>
public sealed class GgufRopeTests
{
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

    [Theory]
    [InlineData(128, 96, 0.75f)]
    [InlineData(80, 32, 0.4f)]
    [InlineData(128, 128, null)]
    [InlineData(128, 0, null)]
    [InlineData(128, 256, null)]
    public void APartOfAHeadIsAShare(int head, int rotated, float? share) =>
        GgufRope.Share(Sizes(head), rotated).ShouldBe(share);

    /// <summary>A reader cuts share times size to a whole number.</summary>
    [Fact]
    public void EveryShareGivesItsNumberBack()
    {
        for (int head = 2; head <= 300; head++)
        {
            JsonObject json = Sizes(head);
            for (int rotated = 1; rotated < head; rotated++)
            {
                ((int)(head * GgufRope.Share(json, rotated)!.Value)).ShouldBe(rotated);
            }
        }
    }

    static JsonObject Sizes(int head) => JsonNode.Parse($$"""{"hidden_size": {{2 * head}}, "num_attention_heads": 2}""")!.AsObject();
}
