using System.Text.Json;
using System.Text.Unicode;
using Sensorium.Text.Tokenizers.Models;

namespace Sensorium.Text.Tokenizers.Loading;

/// <summary>tokenizer.json's members. A vocabulary and merges, which are nearly all of the file, are read as they come by; the rest is kept as JSON.</summary>
internal sealed class ModelJson
{
    readonly Dictionary<string, JsonElement> members = new(StringComparer.Ordinal);
    readonly string file;
    readonly string path;

    ModelJson(string file, string path)
    {
        this.file = file;
        this.path = path;
    }

    /// <summary>A vocabulary that is an object from tokens to ids; null where there is none.</summary>
    public Vocabulary? Vocabulary { get; private set; }

    /// <summary>The merges; null where there are none.</summary>
    public MergeList? Merges { get; private set; }

    /// <summary>The member <c>model</c>; null where it is no object.</summary>
    public ModelJson? Model { get; private set; }

    /// <summary>A member; null (as JSON) when it is missing, or read already.</summary>
    public JsonAt this[string name] => new(members.GetValueOrDefault(name), file, path.Length == 0 ? name : $"{path}.{name}");

    /// <summary>Reads a whole file.</summary>
    /// <exception cref="TokenizerException">It is not JSON, nested too deeply, no object, or its vocabulary or merges are malformed.</exception>
    public static ModelJson Read(ReadOnlySpan<byte> json, string file)
    {
        if (json.StartsWith("\uFEFF"u8)) json = json[3..];
        var reader = new Utf8JsonReader(json, new JsonReaderOptions { MaxDepth = 64 });
        try
        {
            reader.Read();
            if (reader.TokenType != JsonTokenType.StartObject) throw new TokenizerException(file, "", "must be a JSON object with the key 'model'");
            var root = new ModelJson(file, "");
            root.ReadMembers(ref reader);
            // Nothing may follow.
            reader.Read();
            return root;
        }
        catch (JsonException e)
        {
            throw new TokenizerException(file, "", $"not valid JSON: {e.Message}", e);
        }
    }

    void ReadMembers(ref Utf8JsonReader reader)
    {
        bool isModel = path.Length > 0;
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            string name = reader.GetString()!;
            reader.Read();
            var kind = reader.TokenType;
            if (!isModel && name == "model" && kind == JsonTokenType.StartObject)
            {
                Model = new(file, "model");
                Model.ReadMembers(ref reader);
            }
            else if (isModel && name == "vocab" && kind == JsonTokenType.StartObject) Vocabulary = ReadVocabulary(ref reader, file, $"{path}.vocab");
            else if (isModel && name == "merges" && kind == JsonTokenType.StartArray) Merges = ReadMerges(ref reader, $"{path}.merges");
            else members[name] = JsonElement.ParseValue(ref reader);
        }
    }

    /// <summary>An object from tokens to ids, the reader at its beginning.</summary>
    public static Vocabulary ReadVocabulary(ref Utf8JsonReader reader, string file, string key)
    {
        var builder = new VocabularyBuilder(1 << 12);
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            int length = Copy(ref reader, builder.Room(Room(ref reader)), file, key);
            reader.Read();
            int id = 0;
            bool isId = reader.TokenType == JsonTokenType.Number && reader.TryGetInt32(out id);
            builder.Put(length, id);
            if (!isId) throw new TokenizerException(file, $"{key}['{Models.Vocabulary.Shorten(builder.Last)}']", "must be an integer");
        }
        return builder.Build(Repeats.Refused, file, key);
    }

    MergeList ReadMerges(ref Utf8JsonReader reader, string key)
    {
        var merges = new MergeList(1 << 12);
        for (int i = 0; reader.Read() && reader.TokenType != JsonTokenType.EndArray; i++)
        {
            if (reader.TokenType == JsonTokenType.StartArray) ReadPair(ref reader, merges, $"{key}[", i);
            else if (reader.TokenType == JsonTokenType.String) ReadText(ref reader, merges, key, i);
            else throw new TokenizerException(file, $"{key}[{i}]", "must be a string or a pair of two tokens");
        }
        return merges;
    }

    void ReadPair(ref Utf8JsonReader reader, MergeList merges, string key, int i)
    {
        TokenizerException Error() => new(file, $"{key}{i}]", "must be a pair of two tokens");
        Span<int> lengths = stackalloc int[2];
        int at = 0;
        foreach (ref int length in lengths)
        {
            reader.Read();
            if (reader.TokenType != JsonTokenType.String) throw Error();
            length = Copy(ref reader, merges.Room(at + Room(ref reader))[at..], file, key);
            at += length;
        }
        reader.Read();
        if (reader.TokenType != JsonTokenType.EndArray) throw Error();
        merges.Put(lengths[0], lengths[1]);
    }

    void ReadText(ref Utf8JsonReader reader, MergeList merges, string key, int i)
    {
        var room = merges.Room(Room(ref reader));
        var text = room[..Copy(ref reader, room, file, key)];
        // A comment line of the old merges.txt.
        if (merges.Count == 0 && text.StartsWith("#version"u8)) return;
        int space = text.IndexOf((byte)' ');
        if (space <= 0 || space == text.Length - 1 || text[(space + 1)..].Contains((byte)' ')) throw new TokenizerException(file, $"{key}[{i}]", $"'{Models.Vocabulary.Shorten(text)}' is not two tokens with a space between them");
        text[(space + 1)..].CopyTo(text[space..]);
        merges.Put(space, text.Length - space - 1);
    }

    static int Room(ref Utf8JsonReader reader) => reader.ValueSpan.Length;

    // Escapes only shorten a text.
    static int Copy(ref Utf8JsonReader reader, Span<byte> target, string file, string key)
    {
        int length = reader.CopyString(target);
        return Utf8.IsValid(target[..length]) ? length : throw new TokenizerException(file, key, "a token is not valid Unicode");
    }
}
