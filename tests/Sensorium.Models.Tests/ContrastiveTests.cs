using Sensorium.Media.Images;
using Sensorium.Models.Loading;
using Sensorium.Models.Systems;
using Sensorium.Tensors;
using Sensorium.Tensors.Cpu;
using Sensorium.Weights;

namespace Sensorium.Models.Tests;

public sealed class ContrastiveTests : IDisposable
{
    // Words are letters, from 10 on; the first and the last token have the ids 3 and 4.
    const string Tokenizer = """
        {"model": {"type": "WordLevel", "unk_token": "?", "vocab": {"?": 0, "<pad>": 1, "<s>": 3, "</s>": 4, "a": 10, "b": 11, "c": 12}},
         "added_tokens": [{"id": 3, "content": "<s>", "special": true}, {"id": 4, "content": "</s>", "special": true}],
         "pre_tokenizer": {"type": "Whitespace"},
         "post_processor": {"type": "TemplateProcessing", "single": [{"SpecialToken": {"id": "<s>", "type_id": 0}}, {"Sequence": {"id": "A", "type_id": 0}}, {"SpecialToken": {"id": "</s>", "type_id": 0}}],
          "pair": [], "special_tokens": {"<s>": {"id": "<s>", "ids": [3], "tokens": ["<s>"]}, "</s>": {"id": "</s>", "ids": [4], "tokens": ["</s>"]}}}}
        """;

    readonly TestCheckpoints checkpoints = new();
    readonly CpuDevice device = new();
    readonly Compute c;

    public ContrastiveTests() => c = device.NewCompute(Numerics.Exact);

    public void Dispose()
    {
        c.Dispose();
        checkpoints.Dispose();
        device.Dispose();
    }

    EmbeddingSystem Load(string bundle, bool withTokenizer = true)
    {
        string folder = checkpoints.Copy(Path.Combine(TestCheckpoints.Bundle(bundle), "model"), _ => { });
        if (withTokenizer)
        {
            File.WriteAllText(Path.Combine(folder, "tokenizer.json"), Tokenizer);
        }

        return ModelLoader.LoadEmbeddings(folder, device);
    }

    float[] Read(Tensor x)
    {
        var values = new float[x.Rows * x.Columns];
        c.Read(x, values);
        return values;
    }

    [Fact]
    public void ClipCutsLongTextsAndKeepsTheEnd()
    {
        EmbeddingSystem clip = Load("clip");
        clip.Tokenize("a b").ShouldSatisfyAllConditions(t => t.Ids.ShouldBe([3, 10, 11, 4]), t => t.TokensLeftOut.ShouldBe(0));
        TokenizedText cut = clip.Tokenize(string.Join(' ', Enumerable.Repeat("a", 20)) + " b");
        cut.Ids.ShouldBe([3, .. Enumerable.Repeat(10, 14), 4]);
        cut.TokensLeftOut.ShouldBe(7);
    }

    [Fact]
    public void SiglipFillsTextsUpSinceItSeesTheFilling()
    {
        EmbeddingSystem siglip = Load("siglip");
        siglip.Tokenize("a b").Ids.ShouldBe([3, 10, 11, 4, .. Enumerable.Repeat(1, 12)]);
        siglip.Tokenize(string.Join(' ', Enumerable.Repeat("c", 40))).Ids.ShouldBe([3, .. Enumerable.Repeat(12, 14), 4]);
    }

    [Fact]
    public void WithoutATokenizerTextsAreRefusedByName()
    {
        EmbeddingSystem clip = Load("clip", withTokenizer: false);
        clip.TakesPictures.ShouldBeTrue();
        Should.Throw<CheckpointException>(() => clip.Tokenize("a")).Message.ShouldContain("tokenizer.json");
    }

    [Theory]
    [InlineData("clip")]
    [InlineData("clip-gelu")]
    [InlineData("siglip")]
    public void ATextIsTheSameInCompanyAndHasLengthOne(string bundle)
    {
        EmbeddingSystem system = Load(bundle);
        int[][] texts = [.. ((string[])["a", "a b c", "c c"]).Select(t => system.Tokenize(t).Ids)];
        float[] together = Read(system.EmbedTexts(c, texts));
        for (int i = 0; i < texts.Length; i++)
        {
            float[] own = together[(i * system.Dimensions)..((i + 1) * system.Dimensions)];
            own.Sum(v => v * v).ShouldBe(1, 1e-5f);
            Read(system.EmbedTexts(c, [texts[i]])).ShouldBe(own);
        }
    }

    [Theory]
    [InlineData("clip", Matching.BestText)]
    [InlineData("siglip", Matching.EachPair)]
    public void ScoresAreWhatTheModelWasTrainedFor(string bundle, Matching matching)
    {
        EmbeddingSystem system = Load(bundle);
        system.Matching.ShouldBe(matching);
        var gray = new Image(40, 30, ImageMode.RGB);
        var spotted = new Image(20, 60, ImageMode.RGB);
        spotted.Row(5).Fill(200);
        Tensor pictures = system.EmbedPictures(c, [gray, spotted]);
        Tensor texts = system.EmbedTexts(c, [system.Tokenize("a").Ids, system.Tokenize("b c").Ids, system.Tokenize("c").Ids]);
        float[] scores = Read(system.Scores(c, pictures, texts));
        scores.Length.ShouldBe(6);
        scores.ShouldAllBe(s => s > 0 && s < 1);
        if (matching == Matching.BestText)
        {
            scores[..3].Sum().ShouldBe(1, 1e-5f);
            scores[3..].Sum().ShouldBe(1, 1e-5f);
        }
    }

    [Fact]
    public void ATowerByItselfEmbedsButDoesNotMatch()
    {
        EmbeddingSystem vision = Load("clip-vision-projection", withTokenizer: false);
        (vision.Dimensions, vision.TakesPictures, vision.TakesTexts, vision.Matching).ShouldBe((20, true, false, null));
        Read(vision.EmbedPictures(c, [new Image(9, 9, ImageMode.RGB)])).Sum(v => v * v).ShouldBe(1, 1e-5f);
        Should.Throw<NotSupportedException>(() => vision.Tokenize("a"));
        Should.Throw<NotSupportedException>(() => vision.Scores(c, default, default));
    }

    [Fact]
    public void PublishedSiglipConfigsSayLittle()
    {
        string[] missing = ["hidden_size", "intermediate_size", "num_hidden_layers", "num_attention_heads"];
        string message = Should.Throw<CheckpointException>(() => ModelLoader.Declare(checkpoints.Copy(Path.Combine(TestCheckpoints.Bundle("siglip"), "model"), json =>
        {
            foreach (string key in missing)
            {
                json["text_config"]!.AsObject().Remove(key);
            }
        }))).Message;
        message.ShouldContain("[210, 768]");
    }
}
