using System.Text;
using Sensorium.Fuzzing;
using Sensorium.Text.Tests.Templates;
using Sensorium.Text.Tests.Tokenizers;

namespace Sensorium.Text.Tests;

/// <summary>The readers of tokenizers and templates as <c>./fuzz</c> knows them.</summary>
public static class TextParsers
{
    const string Added = """[{"id":1,"content":"<s>","special":true},{"id":9,"content":"[MASK]","lstrip":true,"normalized":true},{"id":8,"content":"fox","rstrip":true,"single_word":true}]""";

    internal static readonly byte[][] Jsons =
    [
        Small.Json("""{"type":"BPE","unk_token":"a","byte_fallback":true,"fuse_unk":true,"vocab":{"a":0,"<s>":1,"b":2,"ab":3,"Ġ":4,"<0x41>":5,"aa":6,"aaaa":7},"merges":["a b",["a","a"],"aa aa"]}""",
            """{"type":"Sequence","pretokenizers":[{"type":"Split","pattern":{"Regex":"(?i:'s|'t)|[^\\r\\n\\p{L}]?\\p{L}+|\\p{N}{1,3}|\\s+(?!\\S)|\\s+"},"behavior":"Isolated","invert":false},{"type":"ByteLevel","add_prefix_space":true,"use_regex":true}]}""",
            """{"type":"ByteLevel"}""", """{"type":"Sequence","normalizers":[{"type":"NFC"},{"type":"Replace","pattern":{"Regex":"\\s+"},"content":" "},{"type":"Lowercase"}]}""",
            """{"type":"Sequence","processors":[{"type":"ByteLevel","trim_offsets":true},{"type":"TemplateProcessing","single":[{"SpecialToken":{"id":"<s>","type_id":0}},{"Sequence":{"id":"A","type_id":0}}],"pair":[{"Sequence":{"id":"A","type_id":0}},{"Sequence":{"id":"B","type_id":1}}],"special_tokens":{"<s>":{"id":"<s>","ids":[1],"tokens":["<s>"]}}}]}""", Added),
        Small.Json("""{"type":"WordPiece","unk_token":"[UNK]","continuing_subword_prefix":"##","max_input_chars_per_word":20,"vocab":{"[UNK]":0,"a":1,"##a":2,"the":3,"##x":4}}""", """{"type":"BertPreTokenizer"}""", """{"type":"WordPiece","prefix":"##","cleanup":true}""",
            """{"type":"BertNormalizer","clean_text":true,"handle_chinese_chars":true,"strip_accents":null,"lowercase":true}""", """{"type":"RobertaProcessing","sep":["b",2],"cls":["a",1]}""", Added),
        Small.Json("""{"type":"Unigram","unk_id":0,"byte_fallback":false,"vocab":[["<unk>",0],["a",-3.5],["▁",-2],["▁the",-4],["qu",-5]]}""", """{"type":"Metaspace","replacement":"▁","prepend_scheme":"first","split":true}""", """{"type":"Sequence","decoders":[{"type":"ByteFallback"},{"type":"Fuse"},{"type":"Strip","content":" ","start":1,"stop":1}]}""",
            """{"type":"Precompiled","precompiled_charsmap":"AAQAAAAMAAAAAACAAQ0AAC2sAAABAACALQ0AAB8AAIAuhAAALg0AAAo1AAAJOQAAIwAAgMwAAgCBCQAADT0AABMAAICjBQAAGQAAgKBZAACcHQAAFgAAgIlFAACnOQAAi1kAAAgAAICgDQAAAwAAgIB9AACPBQAAEAAAgIyoAgCr9QAAgPACAIDoAgAnAACAgREAAKwYAgCFUAIAv50AAA0AAICfAAIAgA0AAAUAAIApAAAALgAAAC4QAAAtAAAAjvACAJhkAgCRIAIAMAAAALuoAgA2AAAANwAAADQAAAA1AAAAOgAAADsAAAA4AAAAOQAAAD4AAAA/AAAAPAAAAD0AAABCAAAAQwAAAEAAAABBAAAARgAAAEcAAABEAAAARQAAAEoAAABLAAAASAAAAEkAAABOAAAATwAAAEwAAABNAAAAUgAAAFMAAABQAAAAUQAAAFYAAABXAAAAVAAAAFUAAABaAAAAWwAAAFgAAABZAAAAXgAAAF8AAABcAAAAXQAAAGIAAABjAAAAYAAAAGEAAABmAAAAZwAAAGWYAgBlAAAAagAAAGsAAABoAAAAaQAAAG4AAABvAAAAbAAAAG0AAAByAAAAcwAAAHAAAABxAAAAdgAAAHcAAAB0AAAAdQAAAHoAAAB7AAAAeAAAAHkAAAB+AAAAfwAAAHwAAAB9AAAAggAAAIMAAACAAAAAgQAAAIYAAACHAAAAhAAAAIUAAACKAAAAiwAAAIgAAACJAAAAjgAAAI8AAACMAAAAjQAAAJIAAACTAAAAkAAAAJEAAACWAAAAlwAAAJQAAACVAAAAmgAAAJsAAACYAAAAmQAAAJ4AAACfAAAAnAAAAJ0AAACiAAAAowAAAKAAAAChAAAApgAAAKcAAACkAAAApQAAAKoAAACrAAAAqAAAAKkAAACuAAAArwAAAKwAAACtAAAAsgAAALMAAACwAAAAsQAAALYAAAC3AAAAtAAAALUAAAC6AAAAuwAAALgAAAC5AAAAvgAAAL8AAAC8AAAAvQAAAMM8AQDCzAEAwAAAAMzAAQDGAAAAxwAAAMQAAADFAAAAygAAAMsAAADIAAAAyQAAAM4AAADPAAAAzAAAAM0AAADSAAAA0wAAANAAAADRAAAA1gAAANcAAADUAAAA1QAAANoAAADbAAAA2AAAANkAAADeAAAA3wAAANwAAADdAAAA4wQBAOIEAQDgAAAA4QAAAOfYAQDnAAAA5AAAAOUAAADqAAAA6wAAAOgAAADpAAAA75ABAO8AAADsAAAA7QAAAPIAAADzAAAA8AAAAPAQAQD2AAAA9wAAAPQAAAD1AAAA+gAAAPsAAAD4AAAA+QAAAP4AAAD/AAAA/AAAAP0AAAAAIAAxADopAFZJSUkAZmkAa2cAw6kAw7wA4bq5zIEA4oCUAOKApgDjga3jgZMA"}""", null, Added),
    ];

    static readonly byte[][] Marks = [.. "\"[]{}:,0919-\\*+?()|"u8.ToArray().Select(b => (byte[])[b]), "9223372036854775808"u8.ToArray(), "[[[[[[[["u8.ToArray(), "null"u8.ToArray()];

    public static FuzzParser TokenizerJson { get; } = new("tokenizer-json", TokenizerJsonFuzz.One, () => Jsons) { Pieces = Marks };

    public static FuzzParser SentencePiece { get; } = new("sentencepiece", SentencePieceFuzz.One, () => [.. Enumerable.Range(1, 4).Select(type => SentencePieceWriter.Model(type, ("<unk>", 0, 2), ("<s>", 0, 3), ("</s>", 0, 3), ("▁", -2, 1), ("a", -3, 1), ("▁a", -3.5f, 1), ("<x>", 0, 4), ("<0x41>", 0, 6), ("aa", -4, 5)))]);

    public static FuzzParser Tiktoken { get; } = new("tiktoken", TiktokenFuzz.One, () => [Encoding.ASCII.GetBytes(string.Join("\n", Enumerable.Range(0, 256).Select(b => $"{Convert.ToBase64String([(byte)b])} {b}").Append("YWE= 256")))]) { Pieces = Marks };

    public static FuzzParser GgufVocabulary { get; } = new("gguf-vocabulary", GgufVocabularyFuzz.One, () => [.. Enumerable.Range(0, 8).Select(i => (byte[])[(byte)i, (byte)i, 1, 2, 1, 0, 0, (byte)(i / 4), .. Encoding.UTF8.GetBytes("a2<unk>\nb3<s>\nc1a\nd1b\ne1ab\nf1▁\ng1a b\nh4fox\ni6<0x41>\nj1Ġ\nk1▁a")])]) { Pieces = Marks };

    public static FuzzParser Folder { get; } = new("tokenizer-folder", FolderFuzz.One, () => [.. ((string[])
    [
        "{\"tokenizer_class\":\"GPT2Tokenizer\",\"add_bos_token\":true}\u001E{}\u001E{\"<x>\":9}\u001Evocab.json\u001E{\"a\":0,\"b\":1,\"ab\":2,\"Ġ\":3,\"a</w>\":4,\"<|endoftext|>\":5}\u001E#version: 0.2\na b\n",
        "{\"tokenizer_class\":\"CLIPTokenizer\"}\u001E{\"unk_token\":{\"content\":\"a\",\"lstrip\":true}}\u001E\u001Evocab.json\u001E{\"a\":0,\"b\":1,\"ab\":2,\"a</w>\":4,\"<|startoftext|>\":6,\"<|endoftext|>\":5}\u001Ea b\n",
        "{\"tokenizer_class\":\"BertTokenizer\",\"do_lower_case\":false,\"added_tokens_decoder\":{\"7\":{\"content\":\"fox\",\"special\":true}}}\u001E{\"additional_special_tokens\":[\"<y>\"]}\u001E\u001Evocab.txt\u001E[PAD]\n[UNK]\n[CLS]\n[SEP]\nthe\n##x\na",
        "{\"tokenizer_class\":\"LlamaTokenizer\",\"legacy\":false}\u001E\u001E\u001Etokenizer.model\u001EYQ== 0\nYg== 1\nYWI= 2",
    ]).Select(Encoding.UTF8.GetBytes)]) { Pieces = [.. Marks, "\u001E"u8.ToArray()] };

    public static FuzzParser CharsMap { get; } = new("charsmap", CharsMapFuzz.One, () => [System.Text.Json.JsonDocument.Parse(Jsons[2]).RootElement.GetProperty("normalizer").GetProperty("precompiled_charsmap").GetBytesFromBase64()]);

    public static FuzzParser Regex { get; } = new("regex", RegexFuzz.One, () => [.. ((string[])
    [
        Sensorium.Text.Tokenizers.Patterns.WordPattern.Llama3Regex, @"[^\r\n\p{L}\p{N}]?[\p{Lu}\p{M}]*+(?:'[sS]|(?>a|b)+?)?|\p{N}{1,3}+| ?[^\s\p{L}]+[\r\n/]*|\s++$|(?<!a)\bx(?=y{2,})", "[a-z&&[^aeiou]]|[[:alpha:]]+|(?i)ab(?m:.)|\\x{1F600}|^$",
    ]).Select(Encoding.UTF8.GetBytes)]) { Pieces = Marks };

    public static FuzzParser Template { get; } = new("template", TemplateFuzz.One, () => [.. LanguageCases.All().Select(c => Encoding.UTF8.GetBytes(c.Template)).Where(t => t.Length > 0)])
    {
        Pieces = [.. TemplateFuzzTests.Pieces.Select(Encoding.UTF8.GetBytes)],
    };

    public static IReadOnlyList<FuzzParser> All { get; } = [TokenizerJson, SentencePiece, Tiktoken, GgufVocabulary, Folder, CharsMap, Regex, Template];
}
