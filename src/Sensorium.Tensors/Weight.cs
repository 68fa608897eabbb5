namespace Sensorium.Tensors;

/// <summary>How the operations will read a weight, and so how a device lays it out.</summary>
public enum WeightRole
{
    /// <summary>[out, in]: y = x Wᵀ.</summary>
    Matrix,

    /// <summary>[count, width]: rows looked up by id.</summary>
    Table,

    /// <summary>Both of the above, as a tied embedding is.</summary>
    TableAndMatrix,

    /// <summary>[n] or [rows, columns]: norm weights, biases, positions; always float32 on the device.</summary>
    Vector,

    /// <summary>[out, in / groups, kernel height, kernel width], as checkpoints store it.</summary>
    Convolution,
}

/// <summary>
/// A parameter of a model under its checkpoint name. It is declared with its shape when the model is built and filled
/// when the checkpoint is loaded; a model built on shapes alone leaves it empty. Once filled it is immutable and shared.
/// </summary>
public sealed class Weight
{
    readonly long[] shape;

    /// <param name="name">The checkpoint's name, as in <c>model.layers.0.self_attn.q_proj.weight</c>.</param>
    /// <param name="role">How it is used.</param>
    /// <param name="shape">Outermost dimension first.</param>
    public Weight(string name, WeightRole role, params long[] shape)
    {
        Name = name;
        Role = role;
        this.shape = shape;
        Parts = [];
    }

    Weight(string name, Weight[] parts)
        : this(name, parts[0].Role, [parts.Sum(p => p.shape[0]), .. parts[0].shape.AsSpan(1)]) => Parts = parts;

    /// <summary>The checkpoint's name.</summary>
    public string Name { get; }

    /// <summary>How the operations read it.</summary>
    public WeightRole Role { get; }

    /// <summary>Outermost dimension first.</summary>
    public IReadOnlyList<long> Shape => shape;

    /// <summary>For a matrix: how many outputs. The first dimension.</summary>
    public nint Outputs => (nint)shape[0];

    /// <summary>For a matrix: how many inputs. The product of all dimensions but the first.</summary>
    public nint Inputs
    {
        get
        {
            nint n = 1;
            for (int i = 1; i < shape.Length; i++)
            {
                n *= (nint)shape[i];
            }

            return n;
        }
    }

    /// <summary>How many numbers.</summary>
    public long Elements => shape.Aggregate(1L, (a, b) => a * b);

    /// <summary>Weights that lie side by side under this one (see <see cref="Stack"/>); empty for an ordinary weight.</summary>
    public IReadOnlyList<Weight> Parts { get; }

    /// <summary>The checkpoint's type for it, known before it is filled.</summary>
    public DType SourceType { get; set; } = DType.F32;

    /// <summary>The device's copy; null until it is filled, and always null for a stack.</summary>
    public PreparedWeight? Prepared { get; private set; }

    /// <summary>
    /// Matrices with the same inputs as one operand: y = x [A; B; …]ᵀ. Each keeps its own name, type and storage.
    /// </summary>
    public static Weight Stack(params Weight[] parts)
    {
        foreach (Weight part in parts)
        {
            if (part.Inputs != parts[0].Inputs || part.Role != parts[0].Role)
            {
                throw new ArgumentException($"{part.Name} cannot stand beside {parts[0].Name}: {part.Inputs} inputs against {parts[0].Inputs}");
            }
        }

        return new Weight(string.Join('+', parts.Select(p => p.Name)), parts);
    }

    /// <summary>Makes the device's copy from the checkpoint's tensor.</summary>
    /// <exception cref="ArgumentException">The element counts differ.</exception>
    public void Fill(Device device, RawTensor raw)
    {
        if (raw.Elements != Elements)
        {
            throw new ArgumentException($"{Name}: {raw.Elements} elements in {raw.Source}, {Elements} expected");
        }

        SourceType = raw.Type;
        Prepared = device.Prepare(raw, Role);
    }

    /// <summary>Takes up the device's copy that was packed before from such a tensor; the tensor itself is not needed.</summary>
    /// <param name="device">Of the same <see cref="Device.PackedForm"/> as the one that packed it.</param>
    /// <param name="tensor">The tensor's type and shape.</param>
    /// <param name="packed">What <see cref="PreparedWeight.PackedBytes"/> was.</param>
    /// <exception cref="ArgumentException">The bytes are not those of such a tensor.</exception>
    public void Adopt(Device device, RawTensor tensor, RawTensor packed)
    {
        Prepared = device.Adopt(tensor, Role, packed);
        SourceType = tensor.Type;
    }

    /// <summary>What products with it are computed in: of a stack, what its finest part is.</summary>
    public Arithmetic ArithmeticOf(Numerics numerics)
    {
        Arithmetic finest = Parts.Count == 0 ? Prepared?.ArithmeticOf(numerics) ?? Arithmetic.Float32 : Parts[0].ArithmeticOf(numerics);
        for (int i = 1; i < Parts.Count; i++)
        {
            finest = Arithmetics.Finer(finest, Parts[i].ArithmeticOf(numerics));
        }

        return finest;
    }

    internal PreparedWeight Need() => Prepared ?? throw new InvalidOperationException(
        $"{Name} holds no values: the model was built on shapes alone, or its checkpoint was not loaded");
}

/// <summary>A device's own copy of a weight. Immutable.</summary>
public abstract class PreparedWeight
{
    /// <summary>Memory that this copy holds for itself.</summary>
    public abstract long PrivateBytes { get; }

    /// <summary>
    /// All that it holds, as bytes that outlive the process: a device of the same <see cref="Device.PackedForm"/> takes them up
    /// by <see cref="Device.Adopt"/>. null where it cannot be kept.
    /// </summary>
    public virtual RawTensor? PackedBytes => null;

    /// <summary>Memory that one pass over the weight reads; what decoding is bound by.</summary>
    public abstract long ReadBytes { get; }

    /// <summary>What its products are computed in, which says what bounds them.</summary>
    public virtual Arithmetic ArithmeticOf(Numerics numerics) => Arithmetic.Float32;

    /// <summary>Writes rows of the weight as float32, <c>[count, row length]</c>, a row being everything but the first dimension.</summary>
    public abstract void Unpack(nint firstRow, nint count, Span<float> destination);
}
