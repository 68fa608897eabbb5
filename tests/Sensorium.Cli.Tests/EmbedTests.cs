using System.Text.Json;
using Sensorium.Cli.Answers;
using Sensorium.Cli.Errors;
using Sensorium.Models.Loading;
using Sensorium.Weights;

namespace Sensorium.Cli.Tests;

/// <summary><c>embed</c>, and <c>label</c> with labels of one's own: what arguments mean, what comes back, and what is told.</summary>
public sealed class EmbedTests : IDisposable
{
    static readonly string Bundles = Path.Combine(Typed.Root, "tests", "Sensorium.Conformance", "bundles");
    static readonly string Bert = Path.Combine(Bundles, "bert-embed", "model");
    static readonly string Photo = Path.Combine(Bundles, "nano", "photo-1.jpg");

    readonly string folder = Directory.CreateTempSubdirectory("sensorium-embed-").FullName;

    public void Dispose() => Directory.Delete(folder, recursive: true);

    static Task<Result> Run(params string[] arguments) => Typed.Run(TextReader.Null, arguments);

    [Fact]
    public async Task Texts_and_text_files_become_a_line_each_in_their_order()
    {
        string file = Path.Combine(folder, "notes.txt");
        await File.WriteAllTextAsync(file, "a cat");
        Result result = await Run("embed", "A small brown dog", file, "a cat", "--model", Bert);
        result.Code.ShouldBe(ExitCode.Success);
        result.Error.ShouldBeEmpty();
        JsonElement[] lines = Lines(result);
        lines.Length.ShouldBe(3);
        lines[0].GetProperty("text").GetString().ShouldBe("A small brown dog");
        lines[1].GetProperty("file").GetString().ShouldBe(file);
        lines[1].GetProperty("tokens").GetInt32().ShouldBe(4);
        lines[1].GetProperty("embedding").GetArrayLength().ShouldBe(48);
        Vector(lines[1]).ShouldBe(Vector(lines[2]));
    }

    [Theory]
    [InlineData]
    [InlineData("-")]
    public async Task Lines_of_standard_input_are_texts_whatever_they_look_like(params string[] dash)
    {
        Result result = await Typed.Run(new StringReader($"a cat\n\n{Photo}\n"), ["embed", .. dash, "--model", Bert]);
        result.Code.ShouldBe(ExitCode.Success);
        Lines(result).Select(line => line.GetProperty("text").GetString()).ShouldBe(["a cat", "", Photo]);
    }

    [Fact]
    public async Task A_text_that_is_cut_says_so()
    {
        Result result = await Run("embed", string.Concat(Enumerable.Repeat("a cat ", 30)), "--model", Bert);
        result.Code.ShouldBe(ExitCode.Success);
        Lines(result)[0].GetProperty("tokens").GetInt32().ShouldBe(24);
        Lines(result)[0].GetProperty("tokens_left_out").GetInt32().ShouldBe(38);
        result.Error.ShouldContain("tokens_left_out");
    }

    [Fact]
    public async Task Pictures_and_texts_are_vectors_of_one_space_and_a_bad_picture_is_told()
    {
        string broken = Path.Combine(folder, "broken.jpg");
        await File.WriteAllBytesAsync(broken, (await File.ReadAllBytesAsync(Photo))[..64]);
        Result result = await Run("embed", "a cat", broken, Photo, "--model", Clip());
        result.Code.ShouldBe(ExitCode.BadInput);
        result.Error.ShouldContain("broken.jpg");
        JsonElement[] lines = Lines(result);
        lines.Length.ShouldBe(2);
        lines[1].GetProperty("file").GetString().ShouldBe(Photo);
        lines[1].GetProperty("embedding").GetArrayLength().ShouldBe(lines[0].GetProperty("embedding").GetArrayLength());
        lines[1].TryGetProperty("tokens", out _).ShouldBeFalse();
    }

    [Fact]
    public async Task A_model_that_cannot_take_the_kind_says_which_to_get()
    {
        Result result = await Run("embed", Photo, "--model", Bert);
        result.Code.ShouldBe(ExitCode.BadInput);
        result.Out.ShouldBeEmpty();
        result.Error.ShouldContain("embeds no pictures");
        result.Error.ShouldContain("openai/clip-vit-base-patch32");
    }

    [Fact]
    public async Task What_is_given_wrong_is_told_before_a_model_is_loaded()
    {
        File.Copy(Photo, Path.Combine(folder, "holiday.jpg"));
        (await Run("embed", Path.Combine(folder, "holidays.jpg"))).Error.ShouldContain("holiday.jpg");
        (await Run("embed", folder)).Error.ShouldContain("is a folder");
        (await Run("embed", "-", "a cat")).Error.ShouldContain("stands alone");
        string sound = Path.Combine(folder, "sound.bin");
        await File.WriteAllBytesAsync(sound, [0, 1, 2, 3]);
        (await Run("embed", sound)).Error.ShouldContain("neither a picture");
    }

    [Fact]
    public async Task A_file_that_is_no_utf8_is_told_and_the_run_goes_on()
    {
        string file = Path.Combine(folder, "old.txt");
        await File.WriteAllBytesAsync(file, [0x63, 0x61, 0x66, 0xE9]);
        Result result = await Run("embed", file, "a cat", "--model", Bert);
        result.Code.ShouldBe(ExitCode.BadInput);
        result.Error.ShouldContain("UTF-8");
        Lines(result).Length.ShouldBe(1);
    }

    [Fact]
    public async Task A_prompt_that_is_not_there_is_told_once()
    {
        Result result = await Run("embed", "a cat", "a dog", "--model", Bert, "--prompt-name", "query");
        result.Code.ShouldBe(ExitCode.BadInput);
        result.Error.Trim().Split('\n').Length.ShouldBe(1);
        result.Error.ShouldContain("'query'");
    }

    [Fact]
    public void Without_a_name_the_first_fitting_model_is_taken()
    {
        LocatedModel[] models = [new("broken", folder, ""), new("llama", Path.Combine(Bundles, "llama", "model"), ""), new("clip", Path.Combine(Bundles, "clip", "model"), ""), new("bert", Bert, "")];
        EmbeddingModels.Find(Embeds.Texts, models).Name.ShouldBe("bert");
        EmbeddingModels.Find(Embeds.Texts, models[..3]).Name.ShouldBe("clip");
        EmbeddingModels.Find(Embeds.Pictures, models).Name.ShouldBe("clip");
        EmbeddingModels.Find(Embeds.Texts | Embeds.Pictures, models).Name.ShouldBe("clip");
        Should.Throw<UsageException>(() => EmbeddingModels.Find(Embeds.Texts, models[..2])).Message.ShouldContain("sentence-transformers/all-MiniLM-L6-v2");
        Should.Throw<UsageException>(() => EmbeddingModels.Find(Embeds.Pictures, [])).Message.ShouldContain("google/siglip-base-patch16-224");
    }

    [Fact]
    public async Task Labels_of_ones_own_share_a_probability_and_each_photo_has_its_line()
    {
        string other = Path.Combine(Bundles, "nano", "photo-2.jpg");
        Result result = await Run("label", Photo, other, "--labels", "cat, dog,cow", "--model", Clip(), "--template", "a {}", "--json");
        result.Code.ShouldBe(ExitCode.Success);
        JsonElement[] lines = Lines(result);
        lines.Select(line => line.GetProperty("file").GetString()).ShouldBe([Photo, other]);
        foreach (JsonElement line in lines)
        {
            (string? Label, double Probability)[] labels = [.. line.GetProperty("labels").EnumerateArray().Select(l => (l.GetProperty("label").GetString(), l.GetProperty("probability").GetDouble()))];
            labels.Select(l => l.Label ?? "").Order(StringComparer.Ordinal).ShouldBe(["cat", "cow", "dog"]);
            labels.Sum(l => l.Probability).ShouldBe(1, 1e-5);
            labels.Select(l => l.Probability).ShouldBe(labels.Select(l => l.Probability).OrderDescending());
        }
    }

    [Fact]
    public async Task The_template_is_the_sentence_that_labels_stand_in()
    {
        Result plain = await Run("label", Photo, "--labels", "a cat,a dog", "--model", Clip(), "--template", "{}", "--json");
        Result within = await Run("label", Photo, "--labels", "cat,dog", "--model", Clip(), "--template", "a {}", "--json");
        Probabilities(plain).ShouldBe(Probabilities(within));
        Result other = await Run("label", Photo, "--labels", "cat,dog", "--model", Clip(), "--template", "the {}", "--json");
        Probabilities(other).ShouldNotBe(Probabilities(within));

        static double[] Probabilities(Result result) => [.. Lines(result)[0].GetProperty("labels").EnumerateArray().Select(l => l.GetProperty("probability").GetDouble())];
    }

    [Theory]
    [InlineData("no labels", "--labels", ",")]
    [InlineData("'cat' twice", "--labels", "cat,dog,cat")]
    [InlineData("where the label goes", "--labels", "cat,dog", "--template", "a photo")]
    [InlineData("--labels", "--template", "a {}")]
    public async Task Labels_that_cannot_be_followed_are_told(string told, params string[] arguments)
    {
        Result result = await Run(["label", Photo, .. arguments]);
        result.Code.ShouldBe(ExitCode.BadInput);
        result.Error.ShouldContain(told);
    }

    [Fact]
    public async Task Models_that_do_not_fit_labels_are_told()
    {
        (await Run("label", Photo, "--labels", "cat,dog", "--model", Bert)).Error.ShouldContain("google/siglip-base-patch16-224");
        (await Run("label", Photo, "--labels", "cat,dog", "--model", "efficientnet-lite0")).Error.ShouldContain("clip-vit-base-patch32");
        (await Run("label", Photo, "--model", Clip())).Error.ShouldContain("--labels");
        (await Run("label", Photo, "--labels", "a label of very many letters", "--model", Clip())).Error.ShouldContain("shorten it");
    }

    /// <summary>The bundle's CLIP with a tokenizer whose tokens are letters.</summary>
    string Clip()
    {
        string clip = Path.Combine(folder, "clip");
        Directory.CreateDirectory(clip);
        foreach (string file in Directory.EnumerateFiles(Path.Combine(Bundles, "clip", "model")))
        {
            File.Copy(file, Path.Combine(clip, Path.GetFileName(file)), overwrite: true);
        }

        const string Letters = "abcdefghijklmnopqrstuvwxyz ";
        string vocabulary = string.Join(',', Letters.Select((letter, i) => $"\"{letter}\":{i}"));
        File.WriteAllText(Path.Combine(clip, "tokenizer.json"), $$"""
            {"version":"1.0","added_tokens":[],"normalizer":null,"pre_tokenizer":null,"decoder":null,
             "post_processor":{"type":"TemplateProcessing","single":[{"Sequence":{"id":"A","type_id":0} },{"SpecialToken":{"id":"E","type_id":0} }],
              "pair":[{"Sequence":{"id":"A","type_id":0} },{"Sequence":{"id":"B","type_id":0} }],"special_tokens":{"E":{"id":"E","ids":[219],"tokens":["E"]} } },
             "model":{"type":"BPE","vocab":{ {{vocabulary}},"E":219},"merges":[]} }
            """);
        return clip;
    }

    static JsonElement[] Lines(Result result) => [.. result.Out.Trim().Split('\n').Select(line => JsonDocument.Parse(line).RootElement)];

    static double[] Vector(JsonElement line) => [.. line.GetProperty("embedding").EnumerateArray().Select(v => v.GetDouble())];
}
