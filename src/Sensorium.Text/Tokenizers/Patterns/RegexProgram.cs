namespace Sensorium.Text.Tokenizers.Patterns;

/// <summary>Instructions in the making: appended, moved, repeated, never more than a bound.</summary>
internal sealed class RegexProgram
{
    const int MaxInstructions = 8_000;

    readonly List<RegexInstruction> code = [];
    readonly List<CharSet> sets = [];

    public int Count => code.Count;

    public RegexInstruction this[int index]
    {
        get => code[index];
        set => code[index] = value;
    }

    public (RegexInstruction[] Code, CharSet[] Sets) Finish() => ([.. code], [.. sets]);

    /// <summary>Takes the instructions from an index on away.</summary>
    public List<RegexInstruction> Take(int start)
    {
        var taken = code.GetRange(start, code.Count - start);
        code.RemoveRange(start, code.Count - start);
        return taken;
    }

    public void EmitSet(CharSet set)
    {
        sets.Add(set);
        Emit(RegexOp.Set, sets.Count - 1);
    }

    public int Emit(RegexOp op, int a = 0, int b = 0)
    {
        if (code.Count >= MaxInstructions) throw new RegexSyntaxException($"the pattern compiles to more than {MaxInstructions} instructions");
        code.Add(new(op, a, b));
        return code.Count - 1;
    }

    public void Patch(int index, int a, int b = -1) => code[index] = new(code[index].Op, a, b < 0 ? code[index].B : b);

    /// <summary>Makes room for one instruction, keeping every target in step.</summary>
    public void Insert(int index)
    {
        if (code.Count >= MaxInstructions) throw new RegexSyntaxException($"the pattern compiles to more than {MaxInstructions} instructions");
        for (int i = index; i < code.Count; i++) code[i] = Shift(code[i], index, 1);
        code.Insert(index, default);
    }

    static RegexInstruction Shift(RegexInstruction x, int from, int by) => x.Op switch
    {
        RegexOp.Split => new(x.Op, x.A >= from ? x.A + by : x.A, x.B >= from ? x.B + by : x.B),
        RegexOp.Jump or RegexOp.Atomic or RegexOp.LookAhead => new(x.Op, x.A >= from ? x.A + by : x.A, x.B),
        _ => x,
    };

    /// <summary>Appends instructions that stood at an origin.</summary>
    public void Copy(List<RegexInstruction> body, int origin)
    {
        if (code.Count + body.Count > MaxInstructions) throw new RegexSyntaxException($"the pattern compiles to more than {MaxInstructions} instructions");
        int by = code.Count - origin;
        foreach (var x in body) code.Add(Shift(x, 0, by));
    }
}
