using System.Text;
using Sensorium.Text.Tokenizers;
using Sensorium.Text.Tokenizers.Training;

namespace Sensorium.Text.Tests.Tokenizers;

/// <summary>GGUF vocabularies, SentencePiece models, tiktoken files and training, on examples worked out by hand.</summary>
public class VocabularyFileTests
{
    [Fact]
    public void Sentencepiece_bpe_merges_by_score()
    {
        var tokenizer = Tokenizer.FromGguf(Small.SentencePiece(("▁", -10), ("a", -10), ("b", -10), ("ab", -2), ("▁a", -1), ("bb", -3)), "spm.gguf");
        // ▁abb: ▁a is best; then b b.
        tokenizer.EncodeIds("abb").ShouldBe([1, 263, 264]);
        tokenizer.EncodeIds("é", false).ShouldBe([259, 3 + 0xC3, 3 + 0xA9]);
        tokenizer.Decode(tokenizer.EncodeIds("abb é b", false)).ShouldBe("abb é b");
        tokenizer.EncodeIds("<s>a", false).ShouldBe([1, 263]);
        tokenizer.EncodeIds("<s>a", false, false)[0].ShouldBe(259);
        tokenizer.Special.EndOfGeneration.ShouldBe([2]);
    }

    [Fact]
    public void Gguf_bpe_splits_by_its_pre_tokenizer()
    {
        var tokens = Small.ByteLevel.Tokens;
        GgufVocabulary Vocabulary(string? pre) => new()
        {
            Model = "gpt2",
            Pre = pre,
            Tokens = [.. tokens],
            Merges = [.. Small.ByteLevel.Merges.Select(m => $"{m.Left} {m.Right}")],
            TokenTypes = [3, .. Enumerable.Repeat(1, tokens.Count - 1)],
            BosId = 0,
            EosId = 0,
        };
        var gpt2 = Tokenizer.FromGguf(Vocabulary("gpt-2"), "v.gguf");
        foreach (string text in Small.Corpus) gpt2.EncodeIds(text).ShouldBe(Small.ByteLevelTokenizer.EncodeIds(text));
        gpt2.EncodeIds("<|endoftext|>").ShouldBe([0]);
        Tokenizer.FromGguf(Vocabulary("llama-bpe"), "v.gguf").EncodeIds("x")[0].ShouldBe(0);
        Tokenizer.FromGguf(Vocabulary("smollm"), "v.gguf").EncodeIds("12").Length.ShouldBe(2);
        Should.Throw<TokenizerException>(() => Tokenizer.FromGguf(Vocabulary("nonsense"), "v.gguf")).Key.ShouldBe("tokenizer.ggml.pre");
    }

    [Fact]
    public void Gguf_word_pieces_carry_their_mark_at_the_front()
    {
        var tokenizer = Tokenizer.FromGguf(new() { Model = "bert", Tokens = ["[UNK]", "[CLS]", "[SEP]", "▁un", "able", "▁do", "▁.", "▁a"], TokenTypes = [2, 3, 3, 1, 1, 1, 1, 1], UnknownId = 0, ClassificationId = 1, SeparatorId = 2 }, "b.gguf");
        tokenizer.EncodeIds("Unable do. xyz").ShouldBe([1, 3, 4, 5, 6, 0, 2]);
        tokenizer.Decode([3, 4, 5, 6]).ShouldBe("unable do.");
    }

    [Fact]
    public void Gguf_unigram_takes_the_likeliest_path()
    {
        var tokenizer = Tokenizer.FromGguf(new() { Model = "t5", Tokens = ["<pad>", "</s>", "<unk>", "▁", "a", "b", "ab", "▁ab"], Scores = [0, 0, 0, -2, -3, -3, -3.5f, -9], TokenTypes = [3, 3, 2, 1, 1, 1, 1, 1], UnknownId = 2, EosId = 1, AddSpacePrefix = true }, "u.gguf");
        tokenizer.EncodeIds("ab").ShouldBe([3, 6, 1]);
        tokenizer.EncodeIds("xyab", false).ShouldBe([3, 2, 6]);
    }

    [Theory]
    [InlineData("tokenizer.ggml.model")]
    [InlineData("tokenizer.ggml.tokens")]
    [InlineData("tokenizer.ggml.scores")]
    [InlineData("tokenizer.ggml.token_type")]
    [InlineData("tokenizer.ggml.merges")]
    [InlineData("tokenizer.ggml.merges[0]")]
    public void Contradicting_gguf_vocabularies_are_refused(string key)
    {
        var good = new GgufVocabulary { Model = "gpt2", Pre = "gpt-2", Tokens = ["a", "b", "ab"], Merges = ["a b"] };
        var bad = key switch
        {
            "tokenizer.ggml.model" => good with { Model = "klingon" },
            "tokenizer.ggml.tokens" => good with { Tokens = [] },
            "tokenizer.ggml.scores" => good with { Scores = [1] },
            "tokenizer.ggml.token_type" => good with { TokenTypes = [1] },
            "tokenizer.ggml.merges" => good with { Merges = null },
            _ => good with { Merges = ["ab"] },
        };
        var e = Should.Throw<TokenizerException>(() => Tokenizer.FromGguf(bad, "x.gguf"));
        e.Key.ShouldBe(key);
        e.File.ShouldBe("x.gguf");
    }

    [Fact]
    public void Sentencepiece_files_are_read()
    {
        byte[] file = SentencePieceWriter.Model(1, ("<unk>", 0, 2), ("<s>", 0, 3), ("</s>", 0, 3), ("▁", -2, 1), ("a", -3, 1), ("▁a", -3.5f, 1), ("<x>", 0, 4));
        var tokenizer = Tokenizer.FromSentencePiece(file, "m.model");
        tokenizer.EncodeIds("a <x>a").ShouldBe([5, 3, 6, 4]);
        tokenizer.EncodeIds("zz a").ShouldBe([3, 0, 5]);
        tokenizer.Decode([5, 3, 6, 4]).ShouldBe("a <x>a");
        tokenizer.Decode([0, 4]).ShouldBe(" \u2047 a");
        tokenizer.Special.Bos.ShouldBe(1);
        Tokenizer.FromSentencePiece(file, "m.model", addBos: true, addEos: true).EncodeIds("a").ShouldBe([1, 5, 2]);
        Tokenizer.FromSentencePiece(file, "m.model", parseControlPieces: true).EncodeIds("<s>a").ShouldBe([1, 5]);
        for (int cut = 1; cut < file.Length; cut++)
        {
            try
            {
                Tokenizer.FromSentencePiece(file.AsSpan(0, cut), "m.model");
            }
            catch (TokenizerException e)
            {
                e.File.ShouldBe("m.model");
            }
        }
        Should.Throw<TokenizerException>(() => Tokenizer.FromSentencePiece([], "m.model"));
        Should.Throw<TokenizerException>(() => Tokenizer.FromSentencePiece([0x0A, 0xFF, 0xFF, 0xFF, 0xFF, 0x0F], "m.model"));
    }

    [Fact]
    public void Tiktoken_files_are_read()
    {
        string file = string.Join("\n", Enumerable.Range(0, 256).Select(b => $"{Convert.ToBase64String([(byte)b])} {b}").Append($"{Convert.ToBase64String("ab"u8)} 256").Append($"{Convert.ToBase64String("bc"u8)} 257").Append($"{Convert.ToBase64String("abc"u8)} 300"));
        var special = new Dictionary<string, int>(StringComparer.Ordinal) { ["<|endoftext|>"] = 301 };
        var tokenizer = Tokenizer.FromTiktoken(Encoding.ASCII.GetBytes(file), "t.tiktoken", @"\S+|\s+", special);
        tokenizer.EncodeIds("abc").ShouldBe([300]);
        tokenizer.EncodeIds("abcd").ShouldBe([300, 'd']);
        tokenizer.EncodeIds("xbcd <|endoftext|>").ShouldBe(['x', 257, 'd', ' ', 301]);
        tokenizer.EncodeIds("<|endoftext|>", true, false).Length.ShouldBeGreaterThan(1);
        tokenizer.Decode([300, 0xC3]).ShouldBe("abc\uFFFD");
        tokenizer.Special.Eos.ShouldBe(301);
        foreach (string broken in (string[])["", "!!! 1", "YQ==", "YQ== x", "YQ== 1\nYQ== 2", "YQ== 1\nYg== 1", "YQ== 99999999"])
        {
            Should.Throw<TokenizerException>(() => Tokenizer.FromTiktoken(Encoding.ASCII.GetBytes(broken), "t.tiktoken", ".", special), broken).File.ShouldBe("t.tiktoken");
        }
    }

    [Fact]
    public void Training_merges_the_most_frequent_pair_first()
    {
        // hug 3, pug 2, hugs 1 (words by spaces): u g 6, h u 4, p u 2, g s 1.
        var trained = TokenizerTrainer.Train(["hug hug hug pug", "pug hugs"], new() { VocabularySize = 100, MinFrequency = 2, SpecialTokens = ["<x>"], PreTokenizerJson = """{"type":"WhitespaceSplit"}""" });
        trained.Tokens.ShouldBe(["<x>", "g", "h", "p", "s", "u", "ug", "hug", "pug"]);
        trained.Merges.ShouldBe([("u", "g"), ("h", "ug"), ("p", "ug")]);
        trained.ToTokenizer().EncodeIds("hugs").ShouldBe([7, 4]);
        var pieces = TokenizerTrainer.Train(["hug hug hug pug", "pug hugs"], TrainingOptions.BertWordPiece(15));
        pieces.Tokens.ShouldBe(["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", "g", "h", "p", "s", "u", "##g", "##s", "##u", "##ug", "hug"]);
        Should.Throw<TokenizerException>(() => TokenizerTrainer.Train([], new() { UnknownToken = "x" })).Key.ShouldBe("UnknownToken");
    }

    [Fact]
    public void Gguf_vocabularies_look_for_their_longest_tokens_first()
    {
        var source = new GgufVocabulary
        {
            Model = "gpt2", Pre = "gpt-2", Merges = [], Tokens = ["a", "b", "c", "d", "e", "ab", "bcd", "cde"], TokenTypes = [1, 1, 1, 1, 1, 4, 4, 3],
        };
        var tokenizer = Tokenizer.FromGguf(source, "overlap.gguf");
        // "bcd" and "cde" come before "ab", wherever they stand; of equal length the lower id.
        tokenizer.EncodeIds("abcde").ShouldBe([0, 6, 4]);
        tokenizer.EncodeIds("abcbcd").ShouldBe([5, 2, 6]);
        tokenizer.EncodeIds("cdecde").ShouldBe([7, 7]);
        tokenizer.EncodeIds("cde", true, parseSpecialTokens: false).ShouldBe([2, 3, 4]);
        // tokenizers takes what begins first.
        string added = string.Join(",", source.Tokens.Select((t, id) => $$"""{"id":{{id}},"content":"{{t}}","normalized":false}""").Skip(5));
        Small.Load("""{"type":"BPE","vocab":{"a":0,"b":1,"c":2,"d":3,"e":4},"merges":[]}""", added: $"[{added}]").EncodeIds("abcde").ShouldBe([5, 7]);
    }

    [Theory]
    [InlineData("llama", null, null, new[] { 1, 4 })]
    [InlineData("llama", false, true, new[] { 4, 2 })]
    [InlineData("t5", null, null, new[] { 3, 2 })]
    [InlineData("t5", true, false, new[] { 1, 3 })]
    [InlineData("bert", false, null, new[] { 1, 4, 2 })]
    public void Gguf_ends_of_text(string model, bool? addBos, bool? addEos, int[] ids) => Tokenizer.FromGguf(new()
    {
        Model = model, Tokens = ["<unk>", "<s>", "</s>", "a", "▁a"], TokenTypes = [2, 3, 3, 1, 1], Scores = [0, 0, 0, -1, -1],
        BosId = 1, EosId = 2, SeparatorId = 2, UnknownId = 0, AddBos = addBos, AddEos = addEos,
    }, "ends.gguf").EncodeIds("a").ShouldBe(ids);

    [Fact]
    public void Cutting_at_visible_spaces_changes_nothing()
    {
        (string, float)[] pieces = [("▁", -9), ("a", -8), ("b", -7), ("▁a", -2), ("ab", -3), ("▁ab", -1), ("▁▁", -4), ("▁▁a", -5), ("bb", -6)];
        var cut = Tokenizer.FromGguf(Small.SentencePiece(pieces), "cut.gguf");
        // A piece with a space inside forbids the cut, and never comes up in these texts.
        var whole = Tokenizer.FromGguf(Small.SentencePiece([.. pieces, ("q▁q", -10)]), "whole.gguf");
        var random = new Random(5);
        for (int i = 0; i < 500; i++)
        {
            string text = string.Concat(Enumerable.Range(0, random.Next(1, 40)).Select(_ => "ab  zé"[random.Next(6)]));
            cut.EncodeIds(text).ShouldBe(whole.EncodeIds(text), $"'{text}'");
            cut.Encode(text).Offsets.ShouldBe(whole.Encode(text).Offsets, $"'{text}'");
        }
    }

    [Fact]
    public void A_corpus_is_read_line_by_line_whatever_ends_them()
    {
        static string[] Lines(string text) => [.. CorpusLines.Read(new MemoryStream(Encoding.UTF8.GetBytes(text)))];

        Lines("a\nb\r\nc\rd").ShouldBe(["a", "b", "c", "d"]);
        Lines("a\n\nb\n").ShouldBe(["a", "", "b"]);
        Lines("").ShouldBeEmpty();
        string endless = string.Concat(Enumerable.Repeat("word ", 600_000));
        var pieces = Lines(endless);
        pieces.Length.ShouldBeGreaterThan(2);
        string.Concat(pieces).ShouldBe(endless);
        pieces.ShouldAllBe(p => p.Length <= 1 << 21);
    }

    [Fact]
    public void Rare_words_are_forgotten_when_there_are_too_many()
    {
        var lines = Enumerable.Range(0, 5000).Select(i => $"rare{i} common common");
        var trained = TokenizerTrainer.Train(lines, TrainingOptions.ByteLevelBpe(300) with { MaxWords = 1000 });
        trained.Tokens.Any(t => t == "Ġcommon").ShouldBeTrue();
        trained.ToTokenizer().Decode(trained.ToTokenizer().EncodeIds("common rare1")).ShouldBe("common rare1");
    }

    [Fact]
    public void A_trained_word_piece_frames_its_texts()
    {
        var tokenizer = TokenizerTrainer.Train(Small.Corpus, TrainingOptions.BertWordPiece(200)).ToTokenizer();
        var encoding = tokenizer.Encode("the dog", "the fox");
        encoding.Tokens[0].ShouldBe("[CLS]");
        encoding.Tokens[^1].ShouldBe("[SEP]");
        encoding.TypeIds[^1].ShouldBe(1);
    }

    [Fact]
    public void A_trained_byte_level_bpe_may_split_as_llama_3_does()
    {
        var tokenizer = TokenizerTrainer.Train(Small.Corpus, TrainingOptions.ByteLevelBpe(400).WithSplit(SplitRule.Llama3)).ToTokenizer();
        tokenizer.Trace("IT'S 12345").PreTokens.Select(p => p.Text).ShouldBe(["IT", "'S", "Ġ", "123", "45"]);
    }
}
