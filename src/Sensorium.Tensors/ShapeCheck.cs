using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;

namespace Sensorium.Tensors;

/// <summary>What every device asks of its operands before it touches them.</summary>
static class ShapeCheck
{
    /// <summary>The operands of an element-wise operation: the same columns, and the same rows or one.</summary>
    public static void Broadcast(Tensor a, Tensor b, [CallerMemberName] string operation = "")
    {
        if (a.Columns != b.Columns || (b.Rows != a.Rows && b.Rows != 1))
        {
            Throw(operation, a, b);
        }
    }

    /// <summary>The operands of a product of activations.</summary>
    public static void Product(Tensor a, Tensor b, bool transposed)
    {
        if (a.Columns != (transposed ? b.Columns : b.Rows))
        {
            Throw(transposed ? "a bᵀ" : "a b", a, b);
        }
    }

    /// <summary>The operands of a product with a weight.</summary>
    public static void Product(Tensor x, Weight weight)
    {
        if (x.Columns != weight.Inputs)
        {
            throw new ArgumentException($"{weight.Name} [{weight.Outputs}, {weight.Inputs}] cannot multiply {x}");
        }
    }

    /// <summary>A tensor that has a row for each of the plan's.</summary>
    public static void Rows(Tensor x, Plan plan, [CallerMemberName] string operation = "")
    {
        if (x.Rows != plan.Rows)
        {
            throw new ArgumentException($"{operation}: {x} has not the plan's {plan.Rows} rows");
        }
    }

    /// <summary>Heads that the table's pairs fit into, and positions with an axis for each of its sections.</summary>
    public static void Rope(Tensor x, Plan plan, RopeTable rope, int headSize)
    {
        if (headSize < 2 * rope.Pairs || headSize <= 0 || x.Columns % headSize != 0 || rope.Sections.Count > plan.Axes)
        {
            throw new ArgumentException(
                $"rope with {rope.Pairs} pairs and {rope.Sections.Count} sections does not fit {x} of heads of {headSize} with {plan.Axes} position axes");
        }
    }

    /// <summary>Runs of rows that are all of a tensor's.</summary>
    public static void Runs(Tensor x, ReadOnlySpan<int> lengths)
    {
        long sum = 0;
        foreach (int length in lengths)
        {
            ArgumentOutOfRangeException.ThrowIfNegative(length, nameof(lengths));
            sum += length;
        }

        if (sum != x.Rows)
        {
            throw new ArgumentException($"runs of {sum} rows in all do not fit {x}");
        }
    }

    /// <summary>A tensor with a certain number of rows and columns.</summary>
    public static void Size(Tensor x, nint rows, nint columns, [CallerMemberName] string operation = "")
    {
        if (x.Rows != rows || x.Columns != columns)
        {
            throw new ArgumentException($"{operation}: {x} is not [{rows}, {columns}]");
        }
    }

    /// <summary>A span with as many elements as a tensor has, or rows.</summary>
    public static void Length(int length, nint expected, [CallerMemberName] string operation = "")
    {
        if (length != expected)
        {
            throw new ArgumentException($"{operation}: {length} elements, {expected} expected");
        }
    }

    /// <summary>A vector weight that covers a row, or (<paramref name="grouped"/>) each of equal groups of its columns.</summary>
    public static void Channels(Tensor x, Weight weight, bool grouped = false, [CallerMemberName] string operation = "")
    {
        long n = weight.Elements;
        if (grouped ? n == 0 || x.Columns % n != 0 : n != x.Columns)
        {
            throw new ArgumentException($"{operation}: {weight.Name} has {n} elements, which do not fit {x}");
        }
    }

    /// <summary>Row indices within a table or a tensor; -1 only where it stands for a row of zeros.</summary>
    public static void Indices(ReadOnlySpan<int> indices, nint rows, bool allowNone, string what)
    {
        foreach (int index in indices)
        {
            if (index >= rows || index < (allowNone ? -1 : 0))
            {
                throw new ArgumentOutOfRangeException(nameof(indices), index, $"{what} has {rows} rows");
            }
        }
    }

    /// <summary>Maps whose rows are the grid's, and a kernel that divides their channels.</summary>
    public static void Maps(FeatureMaps x, [CallerMemberName] string operation = "")
    {
        if (x.Rows.Rows != x.Grid.Rows)
        {
            throw new ArgumentException($"{operation}: {x.Rows} has not the grid's {x.Grid.Rows} rows");
        }
    }

    /// <summary>A convolution's operands.</summary>
    public static void Convolution(FeatureMaps x, Weight weight, in Window window)
    {
        Maps(x, nameof(Convolution));
        IReadOnlyList<long> shape = weight.Shape;
        if (shape.Count != 4 || shape[1] == 0 || shape[2] != window.Height || shape[3] != window.Width
            || x.Rows.Columns % shape[1] != 0 || shape[0] % (x.Rows.Columns / shape[1]) != 0)
        {
            throw new ArgumentException(
                $"{weight.Name} [{string.Join(", ", shape)}] cannot convolve {x.Rows.Columns} channels with a window of {window.Height} × {window.Width}");
        }
    }

    /// <summary>A sequence's pages, with room for this pass.</summary>
    public static PageTable Pages(Plan plan, int segment)
    {
        PageTable pages = plan.Segments[segment].Pages
            ?? throw new InvalidOperationException($"sequence {segment} of the plan has no pages");
        int length = plan.Segments[segment].Length;
        return Holds(pages, length)
            ? pages
            : throw new InvalidOperationException($"sequence {segment} of the plan needs pages for {length} tokens and has {pages.Pages.Count}: reserve them first");
    }

    /// <summary>Pages that hold so many tokens of a pool that has the layer.</summary>
    public static void Pages(KvPool pool, PageTable? pages, int layer, int length)
    {
        if (layer < 0 || layer >= pool.Layout.Layers || length < 0 || (length > 0 && (pages is null || !Holds(pages, length))))
        {
            throw new InvalidOperationException($"{pages?.Pages.Count ?? 0} pages of {pool.Layout} do not hold {length} tokens of layer {layer}");
        }
    }

    static bool Holds(PageTable pages, int length) => length <= pages.Pages.Count * (long)KvPool.PageRows;

    [DoesNotReturn]
    static void Throw(string operation, Tensor a, Tensor b) => throw new ArgumentException($"{operation}: {b} does not fit {a}");
}
