using System.Text;
using Sensorium.Text.Tokenizers;
using Sensorium.Text.Tokenizers.Conversion;
using Sensorium.Text.Tokenizers.Patterns;

namespace Sensorium.Text.Tests.Tokenizers;

/// <summary>tokenizer.json as GGUF vocabulary and back: the same ids.</summary>
public class VocabularyConversionTests
{
    const string ByteLevel = """{"type":"ByteLevel","add_prefix_space":false,"use_regex":true}""";
    const string Text = "Hello  World! It's 2024,\n\n naïve café — Привет 日本語 🚀 don't_stop <|x|> ab";

    static byte[] Bpe(string preTokenizer, string more = "") =>
        Small.Json($$"""{"type":"BPE"{{more}},"vocab":{{{string.Join(',', Letters.Select((c, i) => $"{System.Text.Json.JsonSerializer.Serialize(c)}:{i}"))}},"ab":256,"Ġa":257},"merges":["a b",["Ġ","a"]]}""",
            preTokenizer, """{"type":"ByteLevel"}""", null, null, """[{"id":258,"content":"<|x|>","special":true,"normalized":false},{"id":259,"content":"<y>","special":false,"normalized":false}]""");

    /// <summary>GPT-2's letters of the 256 bytes.</summary>
    static IEnumerable<string> Letters
    {
        get
        {
            int spare = 256;
            for (int b = 0; b < 256; b++) yield return ((char)(b is >= 33 and <= 126 or >= 161 and <= 172 or >= 174 ? b : spare++)).ToString();
        }
    }

    static string Split(string regex) => $$"""{"type":"Split","pattern":{"Regex":{{System.Text.Json.JsonSerializer.Serialize(regex)}}},"behavior":"Isolated","invert":false}""";

    static string Steps(params string[] steps) => $$"""{"type":"Sequence","pretokenizers":[{{string.Join(',', steps)}}]}""";

    public static TheoryData<string, string, string> Splitters => new()
    {
        { "gpt-2", ByteLevel, "" },
        { "smollm", Steps("""{"type":"Digits","individual_digits":true}""", ByteLevel), "" },
        { "gpt-2", Steps(Split(WordPattern.Gpt2Regex), ByteLevel.Replace("true", "false", StringComparison.Ordinal)), "" },
        { "qwen2", Steps(Split(WordPattern.Qwen2Regex), ByteLevel.Replace("true", "false", StringComparison.Ordinal)), "" },
        { "dbrx", Steps(Split(WordPattern.Llama3Regex), ByteLevel.Replace("true", "false", StringComparison.Ordinal)), "" },
        { "llama-bpe", Steps(Split(WordPattern.Llama3Regex), ByteLevel.Replace("true", "false", StringComparison.Ordinal)), ",\"ignore_merges\":true" },
    };

    [Theory]
    [MemberData(nameof(Splitters))]
    public void A_way_of_splitting_has_its_name_and_comes_back(string pre, string preTokenizer, string more)
    {
        byte[] json = Bpe(preTokenizer, more);
        var tokenizer = Tokenizer.FromJson(json, "t.json");
        var remarks = new List<string>();
        var vocabulary = VocabularyFromHub.Make(json, "t.json", tokenizer, 264, null, remarks);
        remarks.ShouldBeEmpty();
        vocabulary.Model.ShouldBe("gpt2");
        vocabulary.Pre.ShouldBe(pre);
        vocabulary.Merges.ShouldBe(["a b", "Ġ a"]);
        vocabulary.Tokens.Skip(258).ShouldBe(["<|x|>", "<y>", "[PAD260]", "[PAD261]", "[PAD262]", "[PAD263]"]);
        vocabulary.TokenTypes!.Skip(257).ShouldBe([1, 3, 4, 5, 5, 5, 5]);
        SameIds(tokenizer, Tokenizer.FromGguf(vocabulary, "t.gguf"));
        SameIds(tokenizer, Back(vocabulary));
    }

    [Fact]
    public void A_way_of_splitting_without_a_name_is_refused_unless_one_is_told()
    {
        byte[] json = Bpe(Steps(Split(@"\p{Lu}+|."), ByteLevel.Replace("true", "false", StringComparison.Ordinal)));
        var tokenizer = Tokenizer.FromJson(json, "t.json");
        Should.Throw<TokenizerException>(() => VocabularyFromHub.Make(json, "t.json", tokenizer, 260, null, new List<string>())).Message.ShouldContain("--pre");
        Should.Throw<TokenizerException>(() => VocabularyFromHub.Make(json, "t.json", tokenizer, 260, "nobody", new List<string>())).Message.ShouldContain("nobody");
        var remarks = new List<string>();
        VocabularyFromHub.Make(json, "t.json", tokenizer, 260, "gpt-2", remarks).Pre.ShouldBe("gpt-2");
        remarks.ShouldHaveSingleItem().ShouldContain("trial text");
    }

    [Fact]
    public void An_id_beyond_the_embedding_is_refused()
    {
        byte[] json = Bpe(ByteLevel);
        Should.Throw<TokenizerException>(() => VocabularyFromHub.Make(json, "t.json", Tokenizer.FromJson(json, "t.json"), 259, null, new List<string>())).Message.ShouldContain("vocab_size is 259");
    }

    [Fact]
    public void A_scored_vocabulary_becomes_merges_that_join_alike()
    {
        var vocabulary = new GgufVocabulary
        {
            Model = "llama",
            Tokens = ["<unk>", "<s>", "</s>", .. Enumerable.Range(0, 256).Select(b => $"<0x{b:X2}>"), "▁", "a", "b", "c", "ab", "bc", "▁a", "abc", "▁abc", "<user>"],
            Scores = [0, 0, 0, .. Enumerable.Repeat(0f, 256), -20, -21, -22, -23, -3, -2, -5, -9, -1, 0],
            TokenTypes = [2, 3, 3, .. Enumerable.Repeat(6, 256), 1, 1, 1, 1, 1, 1, 1, 1, 1, 4],
            BosId = 1,
            EosId = 2,
            UnknownId = 0,
        };
        var before = Tokenizer.FromGguf(vocabulary, "t.gguf");
        var after = Back(vocabulary);
        foreach (string text in (string[])["abc", "a bc abcabc", "aabbcc <user>x é", "", " ", "<s>abc"])
        {
            after.EncodeIds(text).ShouldBe(before.EncodeIds(text), text);
            after.Decode(after.EncodeIds(text)).ShouldBe(before.Decode(before.EncodeIds(text)), text);
        }
    }

    public static TheoryData<string, string> HubTokenizers => new()
    {
        { "llama-3.1", "gpt2 llama-bpe" }, { "qwen3", "gpt2 qwen2" }, { "whisper", "gpt2 gpt-2" }, { "gemma-3", "llama default" }, { "phi-3", "llama default" }, { "t5-small", "t5 default" }, { "minilm-bert", "bert default" },
    };

    [Theory]
    [MemberData(nameof(HubTokenizers))]
    public void Published_tokenizer_json_files_encode_alike_as_vocabularies(string name, string kind)
    {
        if (BundleFiles.Bytes("tokenizer-json", name + ".tokenizer.json.gz") is not { } json) return;
        var tokenizer = Tokenizer.FromJson(json, name);
        var vocabulary = VocabularyFromHub.Make(json, name, tokenizer, tokenizer.IdLimit, null, new List<string>());
        $"{vocabulary.Model} {vocabulary.Pre}".ShouldBe(kind);
        int[] ids = tokenizer.EncodeIds(Text, addSpecialTokens: false);
        Tokenizer.FromGguf(vocabulary, name).EncodeIds(Text, addSpecialTokens: false).ShouldBe(ids);
        Back(vocabulary).EncodeIds(Text, addSpecialTokens: false).ShouldBe(ids);
    }

    [Fact]
    public void A_suffix_for_the_end_of_words_has_no_form()
    {
        byte[] json = BundleFiles.Bytes("tokenizer-json", "clip.tokenizer.json.gz")!;
        Should.Throw<TokenizerException>(() => VocabularyFromHub.Make(json, "clip", Tokenizer.FromJson(json, "clip"), 49408, null, new List<string>())).Message.ShouldContain("end_of_word_suffix");
    }

    static Tokenizer Back(GgufVocabulary vocabulary)
    {
        using var json = new MemoryStream();
        TokenizerJsonWriter.Write(vocabulary, "t.gguf", json, new List<string>());
        return Tokenizer.FromJson(json.ToArray(), "back.json");
    }

    static void SameIds(Tokenizer expected, Tokenizer actual) => actual.EncodeIds(Text).ShouldBe(expected.EncodeIds(Text));
}
