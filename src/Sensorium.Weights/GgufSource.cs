using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Text.RegularExpressions;
using Sensorium.Tensors;

namespace Sensorium.Weights;

/// <summary>The tensors of a GGUF model: one file, or all parts of a split one (<c>name-00001-of-00003.gguf</c>). Metadata is the first part's.</summary>
public sealed partial class GgufSource : TensorSource
{
    const int MostParts = 99_999;

    readonly Dictionary<string, RawTensor> tensors = new(StringComparer.Ordinal);
    readonly List<string> names = [];
    readonly GgufFile[] files;

    GgufSource(GgufFile[] files)
    {
        this.files = files;
        foreach (GgufFile file in files)
        {
            foreach (RawTensor tensor in file.Tensors)
            {
                if (!tensors.TryAdd(tensor.Name, tensor))
                    throw new CheckpointException(file.Path, tensor.Name, $"is also in {System.IO.Path.GetFileName(tensors[tensor.Name].Source)}; the parts are not of one model");
                names.Add(tensor.Name);
            }
        }
    }

    /// <inheritdoc/>
    public override string Path => files[0].Path;

    /// <inheritdoc/>
    public override IReadOnlyList<string> Files => [.. files.Select(file => file.Path)];

    /// <inheritdoc/>
    public override IReadOnlyList<string> Names => names;

    /// <inheritdoc/>
    public override GgufMetadata Gguf => files[0].Metadata;

    /// <inheritdoc/>
    internal override IEnumerable<RawTensor> Headers => files.Select(file => file.Header);

    /// <summary>Opens a file, and with it the other parts where it is one part of several.</summary>
    /// <exception cref="CheckpointException">A file is missing or damaged, or the parts are not of one model.</exception>
    public static new GgufSource Open(string path)
    {
        (int Number, int Count)? part = PartOf(path);
        if (part is not { Count: > 1 })
            return new GgufSource([Whole(GgufFile.Open(path))]);
        string stem = path[..^"-00001-of-00001.gguf".Length];
        int count = part.Value.Count;
        string[] paths = [.. Enumerable.Range(1, count).Select(n => string.Create(CultureInfo.InvariantCulture, $"{stem}-{n:D5}-of-{count:D5}.gguf"))];
        string[] missing = [.. paths.Where(p => !File.Exists(p))];
        if (missing.Length > 0)
            throw new CheckpointException(missing[0], $"is a part that is missing, one of {missing.Length} of the {count} of this model; download it too");
        var parts = new List<GgufFile>();
        try
        {
            foreach (string file in paths)
                parts.Add(GgufFile.Open(file));
            return new GgufSource([.. parts]);
        }
        catch
        {
            parts.ForEach(file => file.Dispose());
            throw;
        }
    }

    /// <inheritdoc/>
    public override bool TryGet(string name, [NotNullWhen(true)] out RawTensor? tensor) => tensors.TryGetValue(name, out tensor);

    /// <summary>Which part of how many a file name says it is; null where it says nothing of the kind.</summary>
    internal static (int Number, int Count)? PartOf(string path)
    {
        Match match = PartName().Match(System.IO.Path.GetFileName(path));
        if (!match.Success)
            return null;
        int number = int.Parse(match.Groups["number"].ValueSpan, CultureInfo.InvariantCulture);
        int count = int.Parse(match.Groups["count"].ValueSpan, CultureInfo.InvariantCulture);
        return number >= 1 && number <= count && count <= MostParts ? (number, count) : null;
    }

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        if (!disposing)
            return;
        foreach (GgufFile file in files)
            file.Dispose();
    }

    static GgufFile Whole(GgufFile file)
    {
        if (file.Metadata.TryGet("split.count", out GgufValue? count) && count.AsInteger() > 1)
        {
            file.Dispose();
            throw new CheckpointException(file.Path, "split.count", $"says that this is one of {count.AsInteger()} parts; give it its name back, as in model-00001-of-{count.AsInteger():D5}.gguf, beside the others");
        }

        return file;
    }

    [GeneratedRegex(@"-(?<number>[0-9]{5})-of-(?<count>[0-9]{5})\.gguf$", RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture | RegexOptions.IgnoreCase, 1000)]
    private static partial Regex PartName();
}
