using Sensorium.Models.Loading;
using Sensorium.Tensors;
using Sensorium.Weights;

namespace Sensorium.Models.Conversion;

/// <summary>A GGUF file that is not written yet: metadata and tensors of a folder, or of another GGUF file.</summary>
sealed class GgufDraft : IDisposable
{
    const string FileType = "general.file_type";
    const string QuantizationVersion = "general.quantization_version";
    const uint CurrentQuantizationVersion = 2;

    readonly TensorSource source;
    readonly List<PlannedTensor> tensors = [];
    Action<string> check = _ => { };

    GgufDraft(TensorSource source) => this.source = source;

    /// <summary>Metadata; tensors are added when it is written.</summary>
    public GgufWriter Writer { get; } = new();

    /// <summary>What is not carried over.</summary>
    public List<string> Remarks { get; } = [];

    /// <summary>What quantisation asks of the model.</summary>
    public required QuantFacts Facts { get; init; }

    /// <summary>Bytes of the source's tensors.</summary>
    public long BytesBefore => source.Tensors.Sum(tensor => tensor.ByteLength);

    /// <summary>Drafts a checkpoint as it is stored.</summary>
    /// <exception cref="CheckpointException">It is broken, or its family has no GGUF form, or a setting has none.</exception>
    public static GgufDraft Open(string path, ConversionOptions options)
    {
        // A GGUF file is only copied: that needs no family, so any architecture can be quantised.
        TensorSource opened = TensorSource.Open(path);
        if (opened.Gguf is not null)
        {
            return OfGguf(opened);
        }

        opened.Dispose();
        return OfFolder(ModelFiles.Open(path), options);
    }

    /// <summary>Writes the file.</summary>
    public ConversionResult Write(string path, ConversionOptions options, IProgress<LoadProgress>? progress, CancellationToken cancellation)
    {
        QuantMix mix = options.Mix ?? StoredMix() ?? QuantMix.Of(DType.F32);
        bool isCopy = options.Mix is null && Writer.Has(FileType);
        foreach (PlannedTensor tensor in isCopy ? tensors : Typed(mix, options))
        {
            Writer.Add(tensor);
        }

        if (!isCopy)
        {
            // In the order in which llama-quantize leaves them.
            Writer.Remove(QuantizationVersion);
            Writer.Remove(FileType);
            Writer.Add(QuantizationVersion, CurrentQuantizationVersion);
            Writer.Add(FileType, (uint)mix.FileType);
        }

        Writer.Write(path, progress, check, cancellation);
        return new ConversionResult(path, Writer.Tensors, BytesBefore, Remarks);
    }

    /// <summary>The files it reads.</summary>
    public IReadOnlyList<string> Files => source.Files;

    public void Dispose() => source.Dispose();

    static GgufDraft OfGguf(TensorSource file)
    {
        GgufMetadata metadata = file.Gguf!;
        var draft = new GgufDraft(file) { Facts = QuantFacts.Read(metadata) };
        foreach (string key in metadata.Keys.Where(key => !key.StartsWith("split.", StringComparison.Ordinal)))
        {
            draft.Writer.Add(metadata[key]);
        }

        draft.tensors.AddRange(file.Tensors.Select(PlannedTensor.Of));
        draft.check = written => GgufFile.Open(written).Dispose();
        return draft;
    }

    static GgufDraft OfFolder(ModelFiles files, ConversionOptions options)
    {
        try
        {
            GgufForm form = files.Family.Gguf is { ProjectorType: null } own ? own : throw new CheckpointException(
                files.Path, $"is a {files.Family.Title}, for which there is no GGUF form here; there is for {string.Join(", ", Catalog.Families.Where(family => family.Gguf is { ProjectorType: null }).Select(family => family.Title).Distinct(StringComparer.Ordinal))}");
            Config config = form.Normalise(files.Config);
            Checkpoint at = Checkpoint.Open(files.Source, files.Names);
            Dictionary<string, string> taken = ConfigReading.Of(files.Family, at, config);
            at.Finish();
            int heads = config.IntOr("num_attention_heads", 1);
            var draft = new GgufDraft(files.Source)
            {
                Facts = new QuantFacts(
                    config.IntOr("num_hidden_layers", 0, least: 0),
                    heads / Math.Max(1, config.IntOr("num_key_value_heads", heads)),
                    config.IntOr("num_local_experts", config.IntOr("num_experts", 0, least: 0), least: 0)),
            };
            draft.Describe(files, form, config, options);
            draft.Take(at, form, config);
            draft.check = file => draft.ReadBack(file, files, form, taken);
            return draft;
        }
        catch
        {
            files.Dispose();
            throw;
        }
    }

    void Describe(ModelFiles files, GgufForm form, Config config, ConversionOptions options)
    {
        Writer.Add("general.architecture", form.Architecture);
        Writer.Add("general.type", "model");
        Writer.Add("general.name", config.Has("_name_or_path") && config.String("_name_or_path") is { Length: > 0 } name ? name : ModelLocator.NameOf(files.Path));
        form.WriteMetadata(Writer, config);
        TokenizerMetadata.Write(Writer, files, options, Remarks);
    }

    void Take(Checkpoint at, GgufForm form, Config config)
    {
        string[] unused = [.. at.Unused];
        if (unused.Length > 0)
        {
            Remarks.Add($"tensors that the model does not use are not carried over: {string.Join(", ", unused.Take(4))}{(unused.Length > 4 ? $" and {unused.Length - 4} more" : "")}");
        }

        var unknown = new List<string>();
        tensors.AddRange(form.Names(config).FromHub(at.Tensors, unknown));
        if (unknown.Count > 0)
        {
            throw new CheckpointException(source.Path, unknown[0], $"has no name in GGUF's {form.Architecture}");
        }

        tensors.AddRange((form.Extra?.Invoke(config) ?? []).Select(PlannedTensor.Of));
    }

    /// <summary>Opens what was written so far and demands that its model takes of it what the source's took.</summary>
    void ReadBack(string file, ModelFiles files, GgufForm form, Dictionary<string, string> taken)
    {
        using ModelFiles written = ModelFiles.Open(file);
        Checkpoint at = Checkpoint.Open(written.Source, written.Names);
        Dictionary<string, string> again = ConfigReading.Of(written.Family, at, written.Config);
        at.Finish();
        ConfigReading.Compare(taken, again, files.Config.Source, form.Architecture, Remarks);
    }

    IEnumerable<PlannedTensor> Typed(QuantMix mix, ConversionOptions options)
    {
        // A converted file has the model's order, a quantised one llama-quantize's.
        PlannedTensor[] ordered = mix.IsQuantized || source.Gguf is not null
            ? [.. QuantPlan.InOrder(tensors.Select(tensor => Plain(tensor)))]
            : [.. tensors];
        var plan = new QuantPlan(mix, [.. ordered.Select(tensor => tensor.Name)], Facts);
        foreach (PlannedTensor tensor in ordered)
        {
            DType type = plan.Choose(tensor);
            if (tensor.StoredAs.IsQuantized() && type.IsQuantized() && type != tensor.StoredAs && !options.Requantize)
            {
                throw new CheckpointException(tensor.Source, tensor.Name, $"is {tensor.StoredAs} already; quantising it again to {type} adds up both errors. Take the original, or say --requantize");
            }

            yield return type == tensor.Type ? tensor : tensor.As(type);
        }
    }

    /// <summary>What of a tensor stays as it is where it is not quantised: float32 for vectors and the like, as the converter writes them.</summary>
    PlannedTensor Plain(PlannedTensor tensor) =>
        source.Gguf is null && tensor.StoredAs.IsFloat() && tensor.StoredAs != DType.F32 ? tensor.As(DType.F32) : tensor;

    /// <summary>The mix by which plain numbers stay as they are: that of the type most of them have.</summary>
    QuantMix? StoredMix()
    {
        DType type = tensors.Where(tensor => tensor.Shape.Length > 1).GroupBy(tensor => tensor.StoredAs).OrderByDescending(group => group.Sum(tensor => tensor.Elements)).Select(group => group.Key).FirstOrDefault();
        return type is DType.F32 or DType.F16 or DType.BF16 ? QuantMix.Of(type) : null;
    }
}
