using System.Globalization;
using System.Runtime.CompilerServices;
using Sensorium.Tensors;

namespace Sensorium.Weights;

/// <summary>
/// What a model's constructors see of a checkpoint: the place in it that they stand at (<c>at["self_attn"]["q_proj"]</c>), from
/// which they declare their weights by name, role and shape. Declaring claims the tensor; nothing is read until
/// <see cref="Load"/>. After the model is built, <see cref="Finish"/> reports all that is missing, left over or of another shape.
/// A checkpoint may have no file behind it (<see cref="Shapes"/>): then the same constructors only say what there would be.
/// </summary>
public sealed class Checkpoint
{
    readonly CheckpointClaims claims;

    Checkpoint(CheckpointClaims claims, string path)
    {
        this.claims = claims;
        Path = path;
    }

    /// <summary>The hub's name of this place, as <c>model.layers.0.self_attn</c>; empty at the root.</summary>
    public string Path { get; }

    /// <summary>Whether there is no file behind it.</summary>
    public bool IsShapeOnly => claims.Source is null;

    /// <summary>The tensors' source; null for shapes alone.</summary>
    public TensorSource? Source => claims.Source;

    /// <summary>The place of a part.</summary>
    public Checkpoint this[string name] => new(claims, Join(name));

    /// <summary>The place of a numbered part (a layer, an expert).</summary>
    public Checkpoint this[int index] => this[index.ToString(CultureInfo.InvariantCulture)];

    /// <summary>All weights declared so far, of this checkpoint and of those <see cref="Beside"/> it, in the order of declaration.</summary>
    public IEnumerable<Weight> Weights => claims.All.SelectMany(part => part.Weights);

    /// <summary>A checkpoint over a source.</summary>
    /// <param name="source">The tensors.</param>
    /// <param name="names">How the source spells the hub's names; null where it spells them so itself.</param>
    public static Checkpoint Open(TensorSource source, NameTable? names = null) => new(new CheckpointClaims(source, names ?? NameTable.Identity, null), "");

    /// <summary>A checkpoint without a file, for knowing a model's sizes by its config alone.</summary>
    /// <param name="typeOf">The type that a weight would have (given its hub name, role and shape); null for F32 throughout.</param>
    public static Checkpoint Shapes(Func<string, WeightRole, long[], DType>? typeOf = null) =>
        new(new CheckpointClaims(null, NameTable.Identity, typeOf ?? ((_, _, _) => DType.F32)), "");

    /// <summary>A checkpoint without a file whose weights <see cref="Load"/> makes up: random, the same in every run, finite through any depth.</summary>
    /// <param name="type">The type of the matrices; single tensors get what llama-quantize would give them (<see cref="TensorTypes.Choose"/>).</param>
    public static Checkpoint Synthetic(DType type) =>
        new(new CheckpointClaims(null, NameTable.Identity, (name, role, shape) => TensorTypes.Choose(type, name, role, shape)) { MakesUpWeights = true }, "");

    /// <summary>
    /// The root of another checkpoint that belongs to this model (a frozen part of a composed one, a projector's own file).
    /// <see cref="Finish"/>, <see cref="Load"/> and <see cref="Weights"/> of this one cover it.
    /// </summary>
    /// <param name="source">The other tensors; ignored where this checkpoint has no file.</param>
    /// <param name="names">How that source spells the hub's names.</param>
    public Checkpoint Beside(TensorSource? source, NameTable? names = null) => new(claims.AddPart(source, names ?? NameTable.Identity), "");

    /// <summary>Changes how the source's names are read, for the whole checkpoint; before any weight is declared.</summary>
    /// <exception cref="InvalidOperationException">Weights are declared already.</exception>
    public Checkpoint WithNames(NameTable names)
    {
        claims.UseNames(names);
        return this;
    }

    /// <summary>Whether the source holds a tensor of this name (always false for shapes alone).</summary>
    public bool Has(string name) => claims.Find(Join(name)) is not null;

    /// <summary>The sizes of a tensor in the source, outermost first, without claiming it; null where it is not there or there is no file.</summary>
    public long[]? ShapeOf(string name) => claims.Find(Join(name))?.Shape;

    /// <summary>Declares a weight and claims its tensor.</summary>
    /// <param name="name">Its name at this place; the empty string for the place itself.</param>
    /// <param name="role">How the operations read it.</param>
    /// <param name="shape">Its sizes, outermost first.</param>
    /// <param name="because">Where the sizes come from, for messages: config keys or expressions.</param>
    /// <exception cref="InvalidOperationException">It was declared before with another role or shape.</exception>
    public Weight Weight(string name, WeightRole role, long[] shape, string because = "") => claims.Claim(Join(name), role, shape, because);

    /// <inheritdoc cref="Weight(string, WeightRole, long[], string)"/>
    public Weight Weight(string name, WeightRole role, long size, [CallerArgumentExpression(nameof(size))] string because = "") =>
        Weight(name, role, [size], because);

    /// <summary>Declares a matrix or table, [rows, columns], and claims its tensor.</summary>
    public Weight Weight(string name, WeightRole role, long rows, long columns,
        [CallerArgumentExpression(nameof(rows))] string because0 = "", [CallerArgumentExpression(nameof(columns))] string because1 = "") =>
        Weight(name, role, [rows, columns], $"{because0}, {because1}");

    /// <summary>Declares a weight of three sizes (a 1-D convolution, a class token) and claims its tensor.</summary>
    public Weight Weight(string name, WeightRole role, long size0, long size1, long size2,
        [CallerArgumentExpression(nameof(size0))] string because0 = "", [CallerArgumentExpression(nameof(size1))] string because1 = "", [CallerArgumentExpression(nameof(size2))] string because2 = "") =>
        Weight(name, role, [size0, size1, size2], $"{because0}, {because1}, {because2}");

    /// <summary>Declares a weight of four sizes (a 2-D convolution) and claims its tensor.</summary>
    public Weight Weight(string name, WeightRole role, long size0, long size1, long size2, long size3,
        [CallerArgumentExpression(nameof(size0))] string because0 = "", [CallerArgumentExpression(nameof(size1))] string because1 = "",
        [CallerArgumentExpression(nameof(size2))] string because2 = "", [CallerArgumentExpression(nameof(size3))] string because3 = "") =>
        Weight(name, role, [size0, size1, size2, size3], $"{because0}, {because1}, {because2}, {because3}");

    /// <summary>Declares a weight where the source has it; null where it has not, and for shapes alone.</summary>
    public Weight? Optional(string name, WeightRole role, params long[] shape) => Has(name) ? Weight(name, role, shape) : null;

    /// <summary>Claims a small tensor and reads it now, as float32 on the host; null where the source has none, and for shapes alone.</summary>
    public float[]? OptionalValues(string name) => claims.Values(Join(name));

    /// <summary>Says that tensors may go unclaimed: names of the hub or of the file, from this place on, with <c>*</c> for any text.</summary>
    public void AllowUnused(string pattern) => claims.Allow(Join(pattern));

    /// <summary>The declared weights as the hub's tensors, in the order of declaration, to be fetched one by one. Call <see cref="Finish"/> before.</summary>
    public IReadOnlyList<PlannedTensor> Tensors => [.. claims.Claims.Where(claim => claim.Found is not null).Select(claim => claim.Found!.Plan(claim.Weight))];

    /// <summary>Tensors of the source that no weight is made of (they are allowed to be unused).</summary>
    public IEnumerable<string> Unused => claims.Unclaimed;

    /// <summary>Checks that every declared weight has its tensor and every tensor its weight.</summary>
    /// <exception cref="CheckpointException">Some do not; the message names both sides.</exception>
    public void Finish()
    {
        foreach (CheckpointClaims part in claims.All)
            part.Check();
    }

    /// <summary>Fills every declared weight, in parallel. Call <see cref="Finish"/> before.</summary>
    /// <param name="device">Prepares the device's copies.</param>
    /// <param name="progress">Told after each tensor, from any thread.</param>
    /// <param name="cancellation">Stops between tensors.</param>
    /// <param name="packed">Where packed copies are kept: a copy that is there is taken up as it lies, one that is not is written in the background; null: neither.</param>
    /// <exception cref="OperationCanceledException">Cancellation was asked for.</exception>
    /// <exception cref="InvalidOperationException">There is no file behind this checkpoint.</exception>
    public void Load(Device device, IProgress<LoadProgress>? progress = null, CancellationToken cancellation = default, PackedCopies? packed = null)
    {
        CheckpointClaims[] all = [.. claims.All];
        PackedCopy? copy = packed is null ? null : PackedCopy.Of(packed, all, device);
        if (copy is not null && copy.TryAdopt())
        {
            long total = Weights.Sum(SyntheticWeights.Bytes);
            progress?.Report(new LoadProgress(total, total, Weights.LastOrDefault()?.Name ?? ""));
            return;
        }

        CheckpointLoader.Load(all, device, progress, cancellation);
        copy?.Keep();
    }

    string Join(string name) => Path.Length == 0 ? name : name.Length == 0 ? Path : $"{Path}.{name}";
}

/// <summary>How far loading is.</summary>
/// <param name="BytesDone">Bytes of the checkpoint prepared.</param>
/// <param name="BytesTotal">Bytes of all declared weights.</param>
/// <param name="Name">The tensor prepared last.</param>
public readonly record struct LoadProgress(long BytesDone, long BytesTotal, string Name);
