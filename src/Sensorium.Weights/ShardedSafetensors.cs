using System.Diagnostics.CodeAnalysis;
using System.Text.Json;
using Sensorium.Tensors;

namespace Sensorium.Weights;

/// <summary>A checkpoint in several safetensors files, held together by <c>*.safetensors.index.json</c> (its <c>weight_map</c>: tensor → file).</summary>
public sealed class ShardedSafetensors : TensorSource
{
    const long LongestIndex = 256L << 20;

    readonly Dictionary<string, SafetensorsFile> shards;
    readonly Dictionary<string, SafetensorsFile> owners = new(StringComparer.Ordinal);
    readonly List<string> names = [];
    readonly string indexPath;

    ShardedSafetensors(string indexPath, Dictionary<string, string> weightMap, Dictionary<string, SafetensorsFile> shards)
    {
        this.indexPath = indexPath;
        this.shards = shards;
        foreach ((string name, string file) in weightMap)
        {
            if (!shards[file].TryGet(name, out _))
                throw new CheckpointException(indexPath, name, $"should be in '{file}', which has no such tensor; index and shards are of different downloads");
            owners.Add(name, shards[file]);
            names.Add(name);
        }

        foreach ((string file, SafetensorsFile shard) in shards)
        {
            foreach (string name in shard.Names)
            {
                if (owners.TryAdd(name, shard))
                    names.Add(name);
                else if (owners[name] != shard)
                    throw new CheckpointException(indexPath, name, $"is in '{file}' and in '{System.IO.Path.GetFileName(owners[name].Path)}'; remove the shard that is not of this checkpoint");
            }
        }
    }

    /// <inheritdoc/>
    public override string Path => indexPath;

    /// <inheritdoc/>
    public override IReadOnlyList<string> Files => [indexPath, .. shards.Values.Select(shard => shard.Path)];

    /// <inheritdoc/>
    public override IReadOnlyList<string> Names => names;

    /// <inheritdoc/>
    public override IReadOnlyDictionary<string, string> Notes => shards.Values.First().Notes;

    /// <inheritdoc/>
    internal override IEnumerable<RawTensor> Headers => shards.OrderBy(shard => shard.Key, StringComparer.Ordinal).SelectMany(shard => shard.Value.Headers);

    /// <summary>Reads the index and opens every shard it names.</summary>
    /// <exception cref="CheckpointException">The index is damaged, a shard is missing or damaged, or the two disagree.</exception>
    public static new ShardedSafetensors Open(string indexPath)
    {
        Dictionary<string, string> weightMap = ReadIndex(indexPath);
        string folder = System.IO.Path.GetDirectoryName(System.IO.Path.GetFullPath(indexPath))!;
        string[] files = [.. weightMap.Values.Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal)];
        string[] missing = [.. files.Where(file => !File.Exists(System.IO.Path.Combine(folder, file)))];
        if (missing.Length > 0)
        {
            throw new CheckpointException(indexPath, missing[0], missing.Length == 1
                ? "is a shard that is missing beside the index; download it too"
                : $"is a shard that is missing beside the index, as are {missing.Length - 1} more of {files.Length}; download them too");
        }

        var opened = new Dictionary<string, SafetensorsFile>(StringComparer.Ordinal);
        try
        {
            foreach (string file in files)
                opened.Add(file, SafetensorsFile.Open(System.IO.Path.Combine(folder, file)));
            return new ShardedSafetensors(indexPath, weightMap, opened);
        }
        catch
        {
            foreach (SafetensorsFile shard in opened.Values)
                shard.Dispose();
            throw;
        }
    }

    /// <inheritdoc/>
    public override bool TryGet(string name, [NotNullWhen(true)] out RawTensor? tensor)
    {
        tensor = null;
        return owners.TryGetValue(name, out SafetensorsFile? shard) && shard.TryGet(name, out tensor);
    }

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        if (!disposing)
            return;
        foreach (SafetensorsFile shard in shards.Values)
            shard.Dispose();
    }

    static Dictionary<string, string> ReadIndex(string path)
    {
        using MappedFile file = MappedFile.Open(path);
        if (file.Length > LongestIndex)
            throw new CheckpointException(path, $"has {file.Length} bytes; an index has at most {LongestIndex}");
        try
        {
            return ParseIndex(path, file.Span(0, (int)file.Length));
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            throw new CheckpointException(path, $"is no readable index: {e.Message}", e);
        }
    }

    /// <summary>The <c>weight_map</c> of an index.</summary>
    internal static Dictionary<string, string> ParseIndex(string path, ReadOnlySpan<byte> json)
    {
        var map = new Dictionary<string, string>(StringComparer.Ordinal);
        var reader = new Utf8JsonReader(json, new JsonReaderOptions { MaxDepth = 8 });
        if (!reader.Read() || reader.TokenType != JsonTokenType.StartObject)
            throw new CheckpointException(path, "is no JSON object");
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            bool isMap = reader.ValueTextEquals("weight_map"u8);
            reader.Read();
            if (!isMap)
            {
                reader.Skip();
                continue;
            }

            if (reader.TokenType != JsonTokenType.StartObject)
                throw new CheckpointException(path, "weight_map", "should be an object of tensor names and files");
            while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
            {
                string name = reader.GetString()!;
                if (!reader.Read() || reader.TokenType != JsonTokenType.String)
                    throw new CheckpointException(path, name, "should name the file that holds it");
                string shard = reader.GetString()!;
                if (shard.Length == 0 || shard.AsSpan().ContainsAny("/\\:\0") || shard is "." or "..")
                    throw new CheckpointException(path, name, $"is said to be in '{shard}', which is no plain file name beside the index");
                if (!map.TryAdd(name, shard))
                    throw new CheckpointException(path, name, "stands twice in weight_map");
            }
        }

        while (reader.Read())
        {
        }

        return map.Count > 0 ? map : throw new CheckpointException(path, "weight_map", "is missing or empty; this is no index of shards");
    }
}
