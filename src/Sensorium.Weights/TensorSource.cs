using System.Diagnostics.CodeAnalysis;
using Sensorium.Tensors;

namespace Sensorium.Weights;

/// <summary>Named raw tensors out of one file or several, and what else the files say. Opening reads headers only.</summary>
public abstract class TensorSource : IDisposable
{
    /// <summary>What messages call it: the folder or file it was opened by.</summary>
    public abstract string Path { get; }

    /// <summary>The files it reads.</summary>
    public abstract IReadOnlyList<string> Files { get; }

    /// <summary>The tensors' names, in the order of the files.</summary>
    public abstract IReadOnlyList<string> Names { get; }

    /// <summary>Free text that a safetensors header carries; empty for others.</summary>
    public virtual IReadOnlyDictionary<string, string> Notes => System.Collections.Immutable.ImmutableDictionary<string, string>.Empty;

    /// <summary>Typed metadata, where the format has it.</summary>
    public virtual GgufMetadata? Gguf => null;

    /// <summary>What stands before the tensors of each file, as bytes.</summary>
    internal virtual IEnumerable<RawTensor> Headers => [];

    /// <summary>A tensor by its name in the file.</summary>
    public abstract bool TryGet(string name, [NotNullWhen(true)] out RawTensor? tensor);

    /// <summary>A tensor by its name in the file.</summary>
    /// <exception cref="CheckpointException">There is none of that name.</exception>
    public RawTensor this[string name] => TryGet(name, out RawTensor? tensor)
        ? tensor
        : throw new CheckpointException(Path, name, $"is no tensor here{NearestName.Hint(name, Names)}");

    /// <summary>All tensors, in the order of <see cref="Names"/>.</summary>
    public IEnumerable<RawTensor> Tensors => Names.Select(name => this[name]);

    /// <summary>Lets the mappings go; tensors of this source must not be read afterwards.</summary>
    public void Dispose()
    {
        Dispose(true);
        GC.SuppressFinalize(this);
    }

    /// <summary>Lets the mappings go.</summary>
    protected virtual void Dispose(bool disposing)
    {
    }

    /// <summary>Opens a folder in the hub's layout, a <c>.safetensors</c> file, its index, or a <c>.gguf</c> file (any part of a split one).</summary>
    /// <exception cref="CheckpointException">Nothing there that is known, or a file is broken.</exception>
    public static TensorSource Open(string path)
    {
        if (Directory.Exists(path))
            return OpenFolder(path);
        if (path.EndsWith(".index.json", StringComparison.OrdinalIgnoreCase))
            return ShardedSafetensors.Open(path);
        if (!File.Exists(path))
            throw new CheckpointException(path, "is not there; check the path");
        if (path.EndsWith(".gguf", StringComparison.OrdinalIgnoreCase) || GgufFile.Matches(path))
            return GgufSource.Open(path);
        if (path.EndsWith(".safetensors", StringComparison.OrdinalIgnoreCase))
            return SafetensorsFile.Open(path);
        throw new CheckpointException(path, "is neither .safetensors nor .gguf; only these are read (convert .bin, .pt or .onnx files first)");
    }

    static TensorSource OpenFolder(string folder)
    {
        string index = System.IO.Path.Combine(folder, "model.safetensors.index.json");
        string single = System.IO.Path.Combine(folder, "model.safetensors");
        if (File.Exists(index))
            return ShardedSafetensors.Open(index);
        if (File.Exists(single))
            return SafetensorsFile.Open(single);
        string[] found = [.. Directory.EnumerateFiles(folder, "*.safetensors").Order(StringComparer.Ordinal)];
        if (found.Length == 1)
            return SafetensorsFile.Open(found[0]);
        if (found.Length > 1)
        {
            throw new CheckpointException(folder, $"holds {found.Length} .safetensors files ({string.Join(", ", found.Take(4).Select(System.IO.Path.GetFileName))}…) " +
                "but no model.safetensors.index.json that says how they belong together; add the index or name one file");
        }

        found = [.. Directory.EnumerateFiles(folder, "*.gguf").Where(file => GgufSource.PartOf(file) is null or (1, _)).Order(StringComparer.Ordinal)];
        return found.Length switch
        {
            1 => GgufSource.Open(found[0]),
            0 => throw new CheckpointException(folder, "holds no model.safetensors, no index of shards and no .gguf file"),
            _ => throw new CheckpointException(folder, $"holds {found.Length} .gguf files ({string.Join(", ", found.Take(4).Select(System.IO.Path.GetFileName))}); name one of them"),
        };
    }
}
