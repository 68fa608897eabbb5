using System.Text;
using Sensorium.Text.Tokenizers;

namespace Sensorium.Text.Tests.Tokenizers;

public class TokenizerJsonTests
{
    const string Words = """{"type":"WordLevel","unk_token":"[UNK]","vocab":{"[UNK]":0,"[CLS]":1,"[SEP]":2,"[PAD]":3,"the":4,"cat":5,"sat":6,"on":7,"mat":8}}""";
    const string Template = """
        {"type":"TemplateProcessing","single":[{"SpecialToken":{"id":"[CLS]","type_id":0}},{"Sequence":{"id":"A","type_id":0}},{"SpecialToken":{"id":"[SEP]","type_id":0}}],
        "pair":[{"SpecialToken":{"id":"[CLS]","type_id":0}},{"Sequence":{"id":"A","type_id":0}},{"SpecialToken":{"id":"[SEP]","type_id":0}},{"Sequence":{"id":"B","type_id":1}},{"SpecialToken":{"id":"[SEP]","type_id":1}}],
        "special_tokens":{"[CLS]":{"id":"[CLS]","ids":[1],"tokens":["[CLS]"]},"[SEP]":{"id":"[SEP]","ids":[2],"tokens":["[SEP]"]}}}
        """;

    static Tokenizer WordTokenizer() => Small.Load(Words, """{"type":"Whitespace"}""", postProcessor: Template, added: """[{"id":1,"content":"[CLS]","special":true},{"id":2,"content":"[SEP]","special":true},{"id":3,"content":"[PAD]","special":true}]""");

    [Fact]
    public void Byte_pairs_merge_by_rank_leftmost_first()
    {
        // aaa: the pair (a, a) merges at the left; then aa + a has no merge.
        var tokenizer = Small.Load("""{"type":"BPE","vocab":{"a":0,"b":1,"aa":2,"ab":3},"merges":["a a","a b"]}""");
        tokenizer.EncodeIds("aaa").ShouldBe([2, 0]);
        tokenizer.EncodeIds("aab").ShouldBe([2, 1]);
        tokenizer.EncodeIds("ab").ShouldBe([3]);
        // Longer than the scan for short words: the heap gives the same.
        tokenizer.EncodeIds(new string('a', 101)).ShouldBe([.. Enumerable.Repeat(2, 50), 0]);
    }

    [Fact]
    public void Byte_level_text_comes_back()
    {
        foreach (string text in (string[])["", " ", "Hello, wörld!", "日本語 😀\n\n\t x", "a\u0301\0b", .. Small.Corpus])
        {
            Small.ByteLevelTokenizer.Decode(Small.ByteLevelTokenizer.EncodeIds(text)).ShouldBe(text);
        }
    }

    [Fact]
    public void Offsets_count_code_points_of_the_given_text()
    {
        var encoding = Small.ByteLevelTokenizer.Encode("é😀x");
        encoding.Offsets[0].ShouldBe((0, 1));
        encoding.Offsets.Where(o => o == (1, 2)).Count().ShouldBeGreaterThan(0);
        encoding.Offsets[^1].ShouldBe((2, 3));
    }

    [Fact]
    public void Pairs_truncate_and_pad()
    {
        var tokenizer = WordTokenizer();
        var encoding = tokenizer.Encode("the cat sat", "on the mat", new() { Truncation = new(8), Padding = new(10, Id: 3) });
        encoding.Ids.ShouldBe([1, 4, 5, 2, 7, 4, 8, 2, 3, 3]);
        encoding.TypeIds.ShouldBe([0, 0, 0, 0, 1, 1, 1, 1, 0, 0]);
        encoding.AttentionMask.ShouldBe([1, 1, 1, 1, 1, 1, 1, 1, 0, 0]);
        encoding.SpecialTokensMask.ShouldBe([1, 0, 0, 1, 0, 0, 0, 1, 1, 1]);
        var windows = tokenizer.Encode("the cat sat on mat", new() { AddSpecialTokens = false, Truncation = new(3, Stride: 1), ReturnOverflowing = true });
        windows.Ids.ShouldBe([4, 5, 6]);
        windows.Overflowing.Select(w => w.Ids).ShouldBe([[6, 7, 8]]);
        Should.Throw<TokenizerException>(() => tokenizer.Encode("the cat sat", new() { AddSpecialTokens = false, Truncation = new(2, Stride: 2) })).Key.ShouldBe("truncation.stride");
    }

    [Fact]
    public void Special_tokens_in_the_text_are_parsed_or_not()
    {
        var tokenizer = WordTokenizer();
        tokenizer.EncodeIds("the [SEP] cat", false).ShouldBe([4, 2, 5]);
        tokenizer.EncodeIds("the [SEP] cat", false, false).ShouldBe([4, 0, 0, 0, 5]);
        tokenizer.Decode([1, 4, 5, 2], skipSpecialTokens: true).ShouldBe("the cat");
        tokenizer.IsSpecial(2).ShouldBeTrue();
    }

    [Fact]
    public void Added_tokens_strip_and_stand_alone()
    {
        var tokenizer = Small.Load("""{"type":"WordLevel","unk_token":"?","vocab":{"?":0,"a":1}}""", """{"type":"WhitespaceSplit"}""", added: """
            [{"id":2,"content":"<l>","lstrip":true,"normalized":false},{"id":3,"content":"<r>","rstrip":true,"normalized":false},{"id":4,"content":"w","single_word":true,"normalized":false},{"id":5,"content":"<l>x","normalized":false}]
            """);
        tokenizer.Encode("a  <l> a").Offsets.ShouldBe([(0, 1), (1, 6), (7, 8)]);
        tokenizer.Encode("a <r>  a").Offsets.ShouldBe([(0, 1), (2, 7), (7, 8)]);
        tokenizer.EncodeIds("w aw w.").ShouldBe([4, 0, 4, 0]);
        tokenizer.EncodeIds("<l>x").ShouldBe([5]);
    }

    [Fact]
    public void Files_beside_it_name_the_special_tokens()
    {
        var tokenizer = Tokenizer.FromJson(Small.Json(Words, """{"type":"Whitespace"}"""), "tokenizer.json",
            Encoding.UTF8.GetBytes("""{"bos_token":"[CLS]","eos_token":{"content":"[SEP]"},"clean_up_tokenization_spaces":false}"""), Encoding.UTF8.GetBytes("""{"pad_token":"[PAD]"}"""));
        tokenizer.Special.Bos.ShouldBe(1);
        tokenizer.Special.Eos.ShouldBe(2);
        tokenizer.Special.Pad.ShouldBe(3);
        tokenizer.Special.EndOfGeneration.ShouldBe([2]);
        tokenizer.IsSpecial(3).ShouldBeTrue();
        tokenizer.IdOf("cat").ShouldBe(5);
        tokenizer.TokenOf(5).ShouldBe("cat");
        tokenizer.IdOf("dog").ShouldBeNull();
        tokenizer.TokenOf(99).ShouldBeNull();
    }

    [Fact]
    public void Many_threads_may_use_one()
    {
        var tokenizer = Small.ByteLevelTokenizer;
        var expected = Small.Corpus.Select(t => tokenizer.EncodeIds(t)).ToArray();
        Parallel.For(0, 200, i => tokenizer.EncodeIds(Small.Corpus[i % Small.Corpus.Length]).ShouldBe(expected[i % Small.Corpus.Length]));
    }

    public static TheoryData<string, string, string> Broken() => new()
    {
        { "", "", "JSON" },
        { "[]", "", "object" },
        { "{}", "model", "missing" },
        { """{"model":{"type":"Magic"}}""", "model.type", "Magic" },
        { """{"model":{"type":"BPE","vocab":{"a":0}}}""", "model.merges", "missing" },
        { """{"model":{"type":"BPE","merges":[]}}""", "model.vocab", "missing" },
        { """{"model":{"type":"BPE","vocab":{"a":0,"b":0},"merges":[]}}""", "model.vocab", "both" },
        { """{"model":{"type":"BPE","vocab":{"a":0,"a":1},"merges":[]}}""", "model.vocab", "twice" },
        { """{"model":{"type":"BPE","vocab":{"a":-1},"merges":[]}}""", "model.vocab", "negative" },
        { """{"model":{"type":"BPE","vocab":{"a":2000000000},"merges":[]}}""", "model.vocab", "highest id" },
        { """{"model":{"type":"BPE","vocab":{"a":1.5},"merges":[]}}""", "model.vocab['a']", "integer" },
        { """{"model":{"type":"BPE","vocab":{"a":0},"merges":["a b"]}}""", "model.merges[0]", "does not have" },
        { """{"model":{"type":"BPE","vocab":{"a":0},"merges":["ab"]}}""", "model.merges[0]", "two tokens" },
        { """{"model":{"type":"BPE","vocab":{"a":0},"merges":[["a"]]}}""", "model.merges[0]", "pair" },
        { """{"model":{"type":"BPE","vocab":{"a":0},"merges":[["a","b","c"]]}}""", "model.merges[0]", "pair" },
        { """{"model":{"type":"BPE","vocab":{"a":0},"merges":[7]}}""", "model.merges[0]", "pair" },
        { """{"model":{"type":"BPE","vocab":{"a":0},"merges":{}}}""", "model.merges", "array" },
        { """{"model":{"type":"BPE","vocab":[["a",0]],"merges":[]}}""", "model.vocab", "object" },
        { """{"model":{"type":"BPE","vocab":{"a":"0"},"merges":[]}}""", "model.vocab['a']", "integer" },
        { """{"model":{"type":"BPE","vocab":{"a":99999999999},"merges":[]}}""", "model.vocab['a']", "integer" },
        { """{"model":{"type":"BPE","vocab":{"a":{"b":{}}},"merges":[]}}""", "model.vocab['a']", "integer" },
        { """{"model":[]}""", "model", "object" },
        { """{"model":{"type":"WordLevel","vocab":{"a":0}},"added_tokens":{}}""", "added_tokens", "array" },
        { """{"model":{"type":"WordLevel","vocab":{"a":0}},"added_tokens":[{"id":999999999,"content":"x"}]}""", "added_tokens[0].id", "no token id" },
        { """{"model":{"type":"WordLevel","vocab":{"a":0}},"truncation":{"max_length":"x"}}""", "truncation.max_length", "integer" },
        { """{"model":{"type":"WordLevel","vocab":{"a":0}}} {}""", "", "JSON" },
        { """{"model":{"type":"Unigram","vocab":[["a"]]}}""", "model.vocab[0]", "pair" },
        { """{"model":{"type":"Unigram","vocab":[["a",0]],"unk_id":7}}""", "model.unk_id", "7" },
        { """{"model":{"type":"WordLevel","vocab":{"a":0}},"normalizer":{"type":"Nope"}}""", "normalizer.type", "Nope" },
        { """{"model":{"type":"WordLevel","vocab":{"a":0}},"normalizer":{"type":"Precompiled","precompiled_charsmap":"////"}}""", "normalizer.precompiled_charsmap", "bytes" },
        { """{"model":{"type":"WordLevel","vocab":{"a":0}},"pre_tokenizer":{"type":"Split","pattern":{"Regex":"("},"behavior":"Removed"}}""", "pre_tokenizer.pattern.Regex", "regular expression" },
        { """{"model":{"type":"WordLevel","vocab":{"a":0}},"pre_tokenizer":{"type":"Metaspace","replacement":"ab"}}""", "pre_tokenizer.replacement", "one character" },
        { """{"model":{"type":"WordLevel","vocab":{"a":0}},"post_processor":{"type":"TemplateProcessing","single":[{"SpecialToken":{"id":"x"}}]}}""", "post_processor.single[0].SpecialToken.id", "special_tokens" },
        { """{"model":{"type":"WordLevel","vocab":{"a":0}},"added_tokens":[{"id":1,"content":"x"},{"id":1,"content":"y"}]}""", "added_tokens[1].id", "already" },
        { """{"model":{"type":"WordLevel","vocab":{"a":0}},"added_tokens":[{"content":"x"}]}""", "added_tokens[0].id", "missing" },
        { """{"model":{"type":"WordLevel","vocab":{"a":0}},"padding":{"strategy":{"Fixed":2000000000}}}""", "padding.strategy", "2000000000" },
        { """{"model":{"type":"WordLevel","vocab":{"\ud800":0}}}""", "", "Unicode" },
    };

    [Theory]
    [MemberData(nameof(Broken))]
    public void Broken_files_are_refused_with_file_and_key(string json, string key, string says)
    {
        var e = Should.Throw<TokenizerException>(() => Tokenizer.FromJson(Encoding.UTF8.GetBytes(json), "broken.json"));
        e.File.ShouldBe("broken.json");
        if (key.Length > 0) e.Key.ShouldBe(key);
        e.Message.ShouldContain(says);
    }

    [Fact]
    public void Deep_and_endless_files_are_refused()
    {
        string deep = string.Concat(Enumerable.Repeat("""{"type":"Sequence","normalizers":[""", 5000)) + string.Concat(Enumerable.Repeat("]}", 5000));
        Should.Throw<TokenizerException>(() => Tokenizer.FromJson(Encoding.UTF8.GetBytes("""{"model":{"type":"WordLevel","vocab":{"a":0}},"normalizer":""" + deep + "}"), "deep.json"));
        string steps = string.Join(",", Enumerable.Repeat("""{"type":"NFC"}""", 1000));
        Should.Throw<TokenizerException>(() => Small.Load(Words, normalizer: $$"""{"type":"Sequence","normalizers":[{{steps}}]}""")).Message.ShouldContain("1000 steps");
    }

    [Fact]
    public void Added_tokens_that_normalize_to_one_another_end()
    {
        const string Added = """[{"id":7,"content":"ab","normalized":true},{"id":8,"content":"ba","normalized":true},{"id":9,"content":"aba","normalized":true}]""";
        var tokenizer = Small.Load(Words, normalizer: """{"type":"Sequence","normalizers":[{"type":"Replace","pattern":{"String":"ab"},"content":"ba"},{"type":"Replace","pattern":{"String":"ba"},"content":"ab"}]}""", added: Added);
        tokenizer.EncodeIds(string.Concat(Enumerable.Repeat("abba", 1000))).ShouldNotBeEmpty();
    }

    [Fact]
    public void Replacements_that_multiply_are_stopped()
    {
        string steps = string.Join(",", Enumerable.Repeat("""{"type":"Replace","pattern":{"String":"a"},"content":"aa"}""", 60));
        var tokenizer = Small.Load(Words, normalizer: $$"""{"type":"Sequence","normalizers":[{{steps}}]}""");
        Should.Throw<TokenizerException>(() => tokenizer.EncodeIds("a")).Key.ShouldBe("normalizer");
    }
}
