using System.Text.Json;
using Sensorium.Cli.Errors;

namespace Sensorium.Cli.Tests;

/// <summary>What a person types and what comes back: codes, streams and messages, in this process.</summary>
public sealed class CommandLineTests : IDisposable
{
    static readonly string Root = Typed.Root;
    static readonly string Photo = Path.Combine(Root, "tests", "Sensorium.Conformance", "bundles", "nano", "photo-1.jpg");

    readonly string folder = Directory.CreateTempSubdirectory("sensorium-cli-").FullName;

    public void Dispose() => Directory.Delete(folder, recursive: true);

    [Fact]
    public async Task Without_a_verb_the_help_comes_and_the_code_says_bad_input()
    {
        Result result = await Run();
        result.Code.ShouldBe(ExitCode.BadInput);
        result.Out.ShouldContain("ask");
        result.Out.ShouldContain("Examples:");
    }

    [Theory]
    [InlineData("ask")]
    [InlineData("chat")]
    [InlineData("label")]
    [InlineData("detect")]
    [InlineData("embed")]
    [InlineData("inspect")]
    [InlineData("list")]
    [InlineData("convert")]
    [InlineData("quantize")]
    [InlineData("verify")]
    [InlineData("bench")]
    [InlineData("tokenize")]
    [InlineData("tokenizer")]
    [InlineData("doctor")]
    public async Task Every_verb_has_help_with_an_example(string verb)
    {
        Result result = await Run(verb, "--help");
        result.Code.ShouldBe(ExitCode.Success);
        result.Out.ShouldContain($"./sensorium {verb}");
        result.Error.ShouldBeEmpty();
    }

    [Theory]
    [InlineData("--top takes a whole number, not 'x'", "label", "a.jpg", "--top", "x")]
    [InlineData("(nearest: '--model')", "ask", "a.jpg", "What?", "--modle", "nano")]
    [InlineData("PNG", "detect", "a.jpg", "--boxes", "a.jpg")]
    [InlineData("is empty", "chat", " ")]
    [InlineData("no tokenizer's file", "tokenize", "a", "--model", "README")]
    [InlineData("--filter zzz", "verify", "BUNDLE", "--filter", "zzz")]
    public async Task What_cannot_be_used_is_told_in_one_line_that_names_it(string told, params string[] arguments)
    {
        string bundle = Path.Combine(Root, "tests", "Sensorium.Conformance", "bundles", "bert");
        Result result = await Run([.. arguments.Select(a => a switch { "README" => Path.Combine(Root, "README.md"), "BUNDLE" => bundle, _ => a })]);
        result.Code.ShouldBe(ExitCode.BadInput);
        result.Error.ShouldContain(told);
        result.Error.ShouldNotContain("System.");
    }

    [Fact]
    public async Task Text_that_looks_like_an_option_goes_after_two_dashes()
    {
        Result result = await Run("tokenize", "--ids", "--", "--bogus");
        result.Code.ShouldBe(ExitCode.Success);
        result.Out.ShouldBe("423 82 435 376\n");
    }

    [Theory]
    [InlineData("fly")]
    [InlineData("list", "--colour")]
    [InlineData("chat", "--top-k", "many")]
    [InlineData("chat", "--bogus")]
    [InlineData("embed", "a", "-x")]
    [InlineData("tokenizer", "fly")]
    [InlineData("tokenizer", "train", "a.txt", "--vocabsize=3")]
    public async Task What_cannot_be_parsed_is_told_and_points_to_the_help(params string[] arguments)
    {
        Result result = await Run(arguments);
        result.Code.ShouldBe(ExitCode.BadInput);
        result.Error.ShouldContain("--help");
        result.Out.ShouldBeEmpty();
    }

    [Fact]
    public async Task A_missing_file_is_told_with_the_nearest_name()
    {
        string near = Path.Combine(folder, "holiday.jpg");
        File.Copy(Photo, near);
        Result result = await Run("ask", Path.Combine(folder, "holidays.jpg"), "What is this?");
        result.Code.ShouldBe(ExitCode.BadInput);
        result.Error.ShouldContain("holiday.jpg");
        result.Error.Trim().ShouldNotContain("\n");
    }

    [Fact]
    public async Task A_file_where_the_question_belongs_is_told()
    {
        Result result = await Run("ask", Photo);
        result.Code.ShouldBe(ExitCode.BadInput);
        result.Error.ShouldContain("question");
    }

    [Fact]
    public async Task What_is_no_picture_is_named_before_a_model_is_loaded()
    {
        string text = Path.Combine(folder, "notes.jpg");
        await File.WriteAllTextAsync(text, "Dear diary, today nothing happened at all, and it was fine.");
        Result result = await Run("ask", text, "What is this?", "--model", "there-is-no-such-model");
        result.Code.ShouldBe(ExitCode.BadInput);
        result.Error.ShouldContain("notes.jpg");
        result.Error.ShouldContain("JPEG and PNG");
    }

    [Theory]
    [InlineData("--temperature", "-1")]
    [InlineData("--top-p", "3")]
    [InlineData("--min-p", "2")]
    [InlineData("--repetition-penalty", "0")]
    [InlineData("--max-tokens", "0")]
    public async Task A_sampling_flag_outside_its_range_is_named(string flag, string value)
    {
        Result result = await Run("chat", "Hello", flag, value);
        result.Code.ShouldBe(ExitCode.BadInput);
        result.Error.ShouldContain(flag);
    }

    [Fact]
    public async Task An_unknown_model_is_told_with_the_nearest_name()
    {
        Result result = await Run("inspect", "nanno");
        result.Code.ShouldBe(ExitCode.BadInput);
        result.Error.ShouldContain("'nano'");
    }

    [Fact]
    public async Task Arguments_that_are_no_utf8_are_refused()
    {
        Result result = await Run("inspect", "caf\uFFFD.gguf");
        result.Code.ShouldBe(ExitCode.BadInput);
        result.Error.ShouldContain("UTF-8");
    }

    [Fact]
    public async Task A_question_may_begin_with_an_at_sign()
    {
        Result result = await Run("tokenize", "@nobody.txt");
        result.Code.ShouldBe(ExitCode.Success);
        result.Out.ShouldContain("ody");
    }

    [Fact]
    public async Task Inspect_tells_the_parts_of_the_default_model()
    {
        Result result = await Run("inspect", "nano", "--json");
        result.Code.ShouldBe(ExitCode.Success);
        using JsonDocument json = JsonDocument.Parse(result.Out);
        json.RootElement.GetProperty("architecture").GetString().ShouldBe("composed");
        json.RootElement.GetProperty("parts").EnumerateObject().Select(p => p.Name).ShouldBe(["features", "objects", "language"]);
        JsonElement language = json.RootElement.GetProperty("parts").GetProperty("language");
        language.GetProperty("tensors").GetArrayLength().ShouldBe(272);
        language.GetProperty("layers").GetInt32().ShouldBe(30);
        language.GetProperty("hidden_size").GetInt32().ShouldBe(576);
        using JsonDocument folderOfHub = JsonDocument.Parse((await Run("inspect", Path.Combine(Root, "tests", "Sensorium.Conformance", "bundles", "llama", "model"), "--json")).Out);
        folderOfHub.RootElement.GetProperty("heads").GetInt32().ShouldBe(4);
    }

    [Fact]
    public async Task Inspect_says_whether_a_checkpoint_opens_here()
    {
        string bundle = Path.Combine(Root, "tests", "Sensorium.Conformance", "bundles", "llama", "model");
        (await Run("inspect", bundle)).Out.ShouldContain("yes, as Llama: text from text");
        foreach (string file in Directory.GetFiles(bundle))
        {
            File.Copy(file, Path.Combine(folder, Path.GetFileName(file)));
        }

        string config = Path.Combine(folder, "config.json");
        await File.WriteAllTextAsync(config, (await File.ReadAllTextAsync(config)).Replace("\"model_type\": \"llama\"", "\"model_type\": \"lama\"", StringComparison.Ordinal));
        Result unknown = await Run("inspect", folder);
        unknown.Code.ShouldBe(ExitCode.Success);
        unknown.Out.ShouldContain("'lama', which is not supported (nearest: 'llama')");
    }

    [Theory]
    [InlineData("config.json", "{\"model_type\": \"llama\"", "config.json")]
    [InlineData("model.safetensors", "\u0001\u0000\u0000\u0000\u0000\u0000\u0000\u0000", "model.safetensors")]
    [InlineData("model.gguf", "GGUF\u0003\u0000\u0000\u0000\u00FF", "model.gguf")]
    public async Task A_broken_file_is_named(string name, string content, string named)
    {
        File.Copy(Path.Combine(Root, "tests", "Sensorium.Conformance", "bundles", "llama", "model", "model.safetensors"), Path.Combine(folder, "model.safetensors"));
        await File.WriteAllTextAsync(Path.Combine(folder, name), content, System.Text.Encoding.Latin1);
        Result result = await Run("inspect", name.EndsWith("gguf", StringComparison.Ordinal) ? Path.Combine(folder, name) : folder);
        result.Code.ShouldBe(ExitCode.BadInput);
        result.Error.ShouldContain(named);
    }

    [Fact]
    public async Task Label_says_what_a_photo_is_of()
    {
        Result result = await Run("label", Photo);
        result.Code.ShouldBe(ExitCode.Success);
        result.Out.ShouldStartWith(" 8");
        result.Out.ShouldContain("banana");
        result.Out.Trim().Split('\n').Length.ShouldBe(5);
    }

    [Fact]
    public async Task A_bad_photo_among_good_ones_is_reported_and_the_run_goes_on()
    {
        string broken = Path.Combine(folder, "broken.jpg");
        await File.WriteAllBytesAsync(broken, (await File.ReadAllBytesAsync(Photo))[..64]);
        Result result = await Run("label", broken, Photo, "--json");
        result.Code.ShouldBe(ExitCode.BadInput);
        result.Error.ShouldContain("broken.jpg");
        result.Out.ShouldContain("banana");
    }

    [Fact]
    public async Task Detect_finds_things_inside_the_photo_and_draws_them()
    {
        string photo = Path.Combine(Root, "tests", "Sensorium.Conformance", "bundles", "nano", "photo-3.jpg");
        string drawn = Path.Combine(folder, "boxes.png");
        Result result = await Run("detect", photo, "--threshold", "0.3", "--boxes", drawn, "--json");
        result.Code.ShouldBe(ExitCode.Success);
        using JsonDocument json = JsonDocument.Parse(result.Out);
        int width = json.RootElement.GetProperty("width").GetInt32();
        json.RootElement.GetProperty("detections").EnumerateArray().ShouldNotBeEmpty();
        foreach (JsonElement thing in json.RootElement.GetProperty("detections").EnumerateArray())
        {
            double[] box = [.. thing.GetProperty("box").EnumerateArray().Select(v => v.GetDouble())];
            box[0].ShouldBeInRange(0, width);
            box[2].ShouldBeInRange(box[0], width);
        }

        Media.Images.ImageDecoder.DecodeFile(drawn).Width.ShouldBe(width);
    }

    [Fact]
    public async Task A_classifier_is_no_detector()
    {
        Result result = await Run("detect", Photo, "--model", "efficientnet-lite0");
        result.Code.ShouldBe(ExitCode.BadInput);
        result.Error.ShouldContain("ssdlite-mobilenet-v2-coco");
    }

    [Fact]
    public async Task A_tokenizer_is_trained_and_opens_again()
    {
        string corpus = Path.Combine(folder, "corpus.txt"), file = Path.Combine(folder, "made", "tokenizer.json");
        await File.WriteAllTextAsync(corpus, string.Concat(Enumerable.Repeat("the quick brown fox and the lazy dog\n", 20)));
        Result trained = await Run("tokenizer", "train", corpus, "--vocab-size", "280", "--special", "<|x|>", "-o", file, "--json");
        trained.Code.ShouldBe(ExitCode.Success, trained.Error);
        using JsonDocument said = JsonDocument.Parse(trained.Out);
        said.RootElement.GetProperty("tokens").GetInt32().ShouldBe(280);
        said.RootElement.GetProperty("lines").GetInt32().ShouldBe(20);
        Result ids = await Run("tokenize", "--model", file, "the fox<|x|>", "--ids");
        ids.Out.Trim().ShouldEndWith(" 1");
        (await Run("tokenize", "--model", file, "--decode", ids.Out.Trim())).Out.Trim().ShouldBe("the fox<|x|>");
        Result again = await Run("tokenizer", "train", corpus, "-o", file);
        again.Code.ShouldBe(ExitCode.BadInput);
        again.Error.ShouldContain("--force");
    }

    [Theory]
    [InlineData("--vocab-size 10", "--vocab-size 10")]
    [InlineData("--kind wordpiece --nfc", "--nfc")]
    [InlineData("--cased", "--cased")]
    [InlineData("--min-frequency -1", "--min-frequency")]
    public async Task What_training_cannot_do_is_named(string flags, string named)
    {
        string corpus = Path.Combine(folder, "corpus.txt");
        await File.WriteAllTextAsync(corpus, "a");
        Result result = await Run(["tokenizer", "train", corpus, "-o", Path.Combine(folder, "t.json"), .. flags.Split(' ')]);
        result.Code.ShouldBe(ExitCode.BadInput);
        result.Error.ShouldContain(named);
    }

    [Fact]
    public async Task A_folder_of_a_slow_tokenizer_opens_and_one_without_any_says_what_was_looked_for()
    {
        Result none = await Run("tokenize", "--model", folder, "the fox");
        none.Code.ShouldBe(ExitCode.BadInput);
        none.Error.ShouldContain("spiece.model");
        await File.WriteAllTextAsync(Path.Combine(folder, "vocab.txt"), "[PAD]\n[UNK]\n[CLS]\n[SEP]\n[MASK]\nthe\nfox\n");
        (await Run("tokenize", "--model", folder, "The fox", "--ids", "--special")).Out.Trim().ShouldBe("2 5 6 3");
        (await Run("tokenize", "--model", Path.Combine(folder, "vocab.txt"), "The fox", "--ids")).Out.Trim().ShouldBe("5 6");
    }

    [Fact]
    public async Task Doctor_lists_and_disassembles_the_generated_kernels()
    {
        Result list = await Run("doctor", "--kernels");
        list.Out.ShouldContain("int8-avx512vnni-q4_0-6 ");
        list.Out.ShouldContain("bf16-avx512bf16-12x32 ");
        Result kernel = await Run("doctor", "--kernels", "bf16-avx512bf16-12x32");
        kernel.Out.ShouldContain("vdpbf16ps zmm0,zmm24,zmm26");
        kernel.Out.ShouldContain("ret");
        Result none = await Run("doctor", "--kernels", "int8-abacus");
        none.Code.ShouldBe(ExitCode.BadInput);
        none.Error.ShouldContain("int8-abacus");
        (await Run("doctor")).Out.ShouldContain("int8 by");
    }

    [Fact]
    public async Task Tokens_decode_to_their_text()
    {
        Result ids = await Run("tokenize", "Hello, world: 42", "--ids");
        Result text = await Run("tokenize", "--decode", ids.Out.Trim());
        text.Out.Trim().ShouldBe("Hello, world: 42");
    }

    [Fact]
    public async Task Ask_answers_about_a_picture()
    {
        Result result = await Run("ask", Photo, "Describe the image.", "--json");
        result.Code.ShouldBe(ExitCode.Success);
        using JsonDocument json = JsonDocument.Parse(result.Out);
        json.RootElement.GetProperty("answer").GetString()!.ShouldContain("banana");
        json.RootElement.GetProperty("usage").GetProperty("picture_tokens").GetInt32().ShouldBe(18);
    }

    [Fact]
    public async Task A_conversation_keeps_what_was_said_and_obeys_its_commands()
    {
        var input = new StringReader($"/image {Photo}\nDescribe the image.\n/reset\n/exit\nnever read\n");
        Result result = await Run(input, "chat");
        result.Code.ShouldBe(ExitCode.Success);
        result.Out.ShouldContain("banana");
        result.Out.Trim().Split('\n').Length.ShouldBe(1);
    }

    [Fact]
    public async Task An_encoder_decoder_answers_each_message_by_itself()
    {
        string model = Path.Combine(Root, "tests", "Sensorium.Conformance", "bundles", "gguf-archs", "model-t5.gguf");
        Result alone = await Run("ask", "-m", model, "the dogs run", "--exact", "--max-tokens", "6");
        alone.Code.ShouldBe(ExitCode.Success);
        alone.Out.Trim().Length.ShouldBeGreaterThan(0);
        using var input = new StringReader("hello there\nthe dogs run\n");
        Result talk = await Run(input, "chat", "-m", model, "--exact", "--max-tokens", "6");
        talk.Out.ShouldEndWith(alone.Out);
        (await Run("chat", "-m", model, "--raw", "the dogs run", "--exact", "--max-tokens", "6")).Out.ShouldBe(alone.Out);
        Result seeing = await Run("ask", "-m", model, Photo, "the dogs run");
        seeing.Code.ShouldBe(ExitCode.BadInput);
        seeing.Error.ShouldContain("model-t5 is a model of text alone");
        (await Run("inspect", model)).Out.ShouldContain("decoder layers 2");
    }

    [Fact]
    public async Task Doctor_and_list_are_json_where_a_program_reads()
    {
        using JsonDocument doctor = JsonDocument.Parse((await Run("doctor", "--json")).Out);
        doctor.RootElement.GetProperty("models").EnumerateArray().Select(m => m.GetProperty("name").GetString() ?? "").Contains("nano", StringComparer.Ordinal).ShouldBeTrue();
        doctor.RootElement.GetProperty("logical_cores").GetInt32().ShouldBe(Environment.ProcessorCount);
        doctor.RootElement.GetProperty("threads").GetInt32().ShouldBeGreaterThan(0);
        doctor.RootElement.GetProperty("memory_bytes").GetInt64().ShouldBeGreaterThan(0);
        doctor.RootElement.GetProperty("tiers").EnumerateArray().Select(t => t.GetString() ?? "").Contains(doctor.RootElement.GetProperty("tier").GetString(), StringComparer.Ordinal).ShouldBeTrue();
        doctor.RootElement.GetProperty("products").GetProperty("int8").GetString().ShouldNotBeNullOrEmpty();
        using JsonDocument list = JsonDocument.Parse((await Run("list", "--json")).Out);
        list.RootElement.EnumerateArray().Select(f => f.GetProperty("type").GetString() ?? "").Contains("llama", StringComparer.Ordinal).ShouldBeTrue();
    }

    static Task<Result> Run(params string[] arguments) => Typed.Run(TextReader.Null, arguments);

    static Task<Result> Run(TextReader input, params string[] arguments) => Typed.Run(input, arguments);
}
