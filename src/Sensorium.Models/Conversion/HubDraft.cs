using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using Sensorium.Models.Loading;
using Sensorium.Tensors;
using Sensorium.Tensors.Formats;
using Sensorium.Weights;

namespace Sensorium.Models.Conversion;

/// <summary>A folder in the hub's layout that is not written yet.</summary>
sealed class HubDraft
{
    static readonly JsonWriterOptions Indented = new() { Indented = true, Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };
    static readonly Dictionary<string, string> Notes = new(StringComparer.Ordinal) { ["format"] = "pt" };

    readonly ModelFiles files;
    readonly ConversionOptions options;
    readonly List<PlannedTensor> tensors;
    readonly List<string> remarks = [];
    readonly DType type;

    /// <param name="files">What it is made of.</param>
    /// <param name="options">Types and the size of shards.</param>
    /// <exception cref="CheckpointException">Config and tensors do not fit together, or the types are in blocks.</exception>
    public HubDraft(ModelFiles files, ConversionOptions options)
    {
        this.files = files;
        this.options = options;
        if (options.Mix is { IsQuantized: true } mix)
        {
            throw new CheckpointException(files.Path, $"cannot become {mix.Name} in safetensors, which has no blocks; F32, F16 and BF16 it has");
        }

        if (files.Family.Gguf?.ProjectorType is not null)
        {
            throw new CheckpointException(files.Path, "is a projector by itself, for which the hub has no folder of its own");
        }

        Checkpoint at = Checkpoint.Open(files.Source, files.Names);
        ConfigReading.Of(files.Family, at, files.Config);
        at.Finish();
        type = options.Mix?.Type ?? StoredType(files.Source);
        tensors = [.. at.Tensors.Select(Typed)];
        if (files.Family.HubNames is { } names)
        {
            tensors = [.. names.FromHub(tensors, new List<string>()).Select((spelt, i) => spelt.As(tensors[i].Type))];
        }

        string[] unused = [.. at.Unused];
        if (unused.Length > 0)
        {
            remarks.Add($"tensors that the model does not use are not carried over: {string.Join(", ", unused.Take(4))}{(unused.Length > 4 ? $" and {unused.Length - 4} more" : "")}");
        }
    }

    /// <summary>Writes the folder.</summary>
    public ConversionResult Write(string path, IProgress<LoadProgress>? progress, CancellationToken cancellation)
    {
        long before = files.Source.Tensors.Sum(tensor => tensor.ByteLength);
        AtomicFile.DemandRoom(path, tensors.Sum(tensor => tensor.ByteLength));
        AtomicFile.WriteFolder(path, folder =>
        {
            WriteSettings(folder);
            SafetensorsWriter.WriteFolder(folder, tensors, Notes, options.ShardBytes, progress, cancellation);
            ReadBack(folder);
        });
        return new ConversionResult(path, tensors, before, remarks);
    }

    void WriteSettings(string folder)
    {
        if (files.Source.Gguf is { } metadata)
        {
            HubFiles.Write(folder, files, metadata, type, Json, remarks);
            return;
        }

        // From folder to folder only the tensors change.
        foreach (string file in Directory.EnumerateFiles(files.Folder).Where(IsSetting))
        {
            File.Copy(file, Path.Combine(folder, Path.GetFileName(file)));
        }

        JsonObject config = HubConfig.Copy(files.Config.Json);
        config[config.ContainsKey("dtype") ? "dtype" : "torch_dtype"] = HubFiles.NameOf(type);
        Json(Path.Combine(folder, "config.json"), config);
    }

    static bool IsSetting(string file) =>
        Path.GetExtension(file) is ".json" or ".jinja" or ".txt" or ".model" or ".md" or ""
        && !file.EndsWith(".safetensors.index.json", StringComparison.OrdinalIgnoreCase)
        && Path.GetFileName(file) is not "config.json";

    /// <summary>The model is built of what was written, so that config and tensors are known to fit.</summary>
    void ReadBack(string folder)
    {
        using ModelFiles written = ModelFiles.Open(folder);
        Checkpoint at = Checkpoint.Open(written.Source, written.Names);
        Dictionary<string, string> taken = ConfigReading.Of(written.Family, at, written.Config);
        at.Finish();
        ConfigReading.Compare(ConfigReading.Of(files.Family, Checkpoint.Shapes(), files.Config), taken, files.Config.Source, "config.json", remarks);
    }

    static void Json(string file, JsonObject json) => AtomicFile.Write(file, stream =>
    {
        using var writer = new Utf8JsonWriter(stream, Indented);
        json.WriteTo(writer);
    });

    /// <summary>As told; else as stored, save that float32 that is a shorter type widened (norms in GGUF) gets that type back.</summary>
    PlannedTensor Typed(PlannedTensor tensor)
    {
        if (!tensor.StoredAs.IsFloat() && !tensor.StoredAs.IsQuantized())
        {
            return tensor;
        }

        bool isToldOrPacked = options.Mix is not null || tensor.StoredAs.IsQuantized() || tensor.StoredAs == type;
        return tensor.As(isToldOrPacked || IsWidened(tensor) ? type : tensor.StoredAs);
    }

    bool IsWidened(PlannedTensor tensor)
    {
        const long smallEnough = 1 << 20;
        if (tensor.StoredAs != DType.F32 || type is not (DType.F16 or DType.BF16) || tensor.Elements > smallEnough)
        {
            return false;
        }

        float[] values = BlockFormats.ToFloats(tensor.Fetch());
        return Array.TrueForAll(values, value => type == DType.F16
            ? float.IsFinite(value) && (float)(Half)value == value
            : (BitConverter.SingleToUInt32Bits(value) & 0xffff) == 0);
    }

    /// <summary>The type of most numbers; what is in blocks becomes float32, which holds it exactly.</summary>
    static DType StoredType(TensorSource source)
    {
        DType most = source.Tensors.GroupBy(tensor => tensor.Type).OrderByDescending(group => group.Sum(tensor => tensor.Elements)).Select(group => group.Key).FirstOrDefault(DType.F32);
        return most is DType.F16 or DType.BF16 ? most : DType.F32;
    }
}
