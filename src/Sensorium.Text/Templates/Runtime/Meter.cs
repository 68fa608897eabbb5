using System.Runtime.CompilerServices;

namespace Sensorium.Text.Templates.Runtime;

/// <summary>Counts what a rendering uses and ends it where a limit is passed.</summary>
internal sealed class Meter(TemplateLimits limits, long inputSize)
{
    [ThreadStatic]
    static Meter? current;

    readonly long memoryLimit = limits.MaxMemory + 4 * inputSize;
    long steps = limits.MaxSteps + 4 * inputSize;
    long live;
    int callDepth;

    /// <summary>The meter of the rendering on this thread: keys are hashed and compared behind interfaces that have no room for it.</summary>
    public static Meter? Current
    {
        get => current;
        set => current = value;
    }

    /// <summary>Asks the rendering for what is still reachable, when what was ever made has passed the limit.</summary>
    public Func<long>? Survey { get; set; }

    /// <summary>Characters made since the last survey, by calls whose statements have not ended.</summary>
    public long Fresh { get; private set; }

    public static Meter ForDisplay() => new(TemplateLimits.Default, 0);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Step()
    {
        if (--steps < 0)
            Exhausted();
    }

    public void Step(long count)
    {
        steps -= count;
        if (steps < 0)
            Exhausted();
    }

    /// <summary>Accounts for looking for a part in a text: at worst every place of the text matches most of the part.</summary>
    public void Search(long length, long part) => Step(1 + (length >> 4) + ((length >> 4) * Math.Min(part, length) >> 7));

    /// <summary>Accounts for characters that are about to be made; call it before making them.</summary>
    public void Allocate(long characters)
    {
        if (characters > memoryLimit - live - Fresh)
            Full(characters);
        Fresh += characters;
        Step((characters >> 4) + 1);
    }

    /// <summary>Accounts for the elements of a list or mapping that is about to be made.</summary>
    public void AllocateElements(long count)
    {
        if (count > memoryLimit)
            Full(count);
        Allocate(count * TemplateLimits.ElementCost);
    }

    /// <summary>At the start of a statement nothing hides in half-evaluated expressions, so what is no longer reachable can be written off.</summary>
    public void Checkpoint()
    {
        if (Fresh < limits.MaxMemory / 4 || callDepth > 0 || Survey is null)
            return;
        live = Survey();
        Fresh = 0;
        if (live > memoryLimit)
            Full(0);
    }

    public void EnterCall()
    {
        if (++callDepth > limits.MaxCallDepth)
            throw Fault.Recursion($"calls are nested more than {limits.MaxCallDepth} deep");
        EnsureStack();
    }

    public void LeaveCall() => callDepth--;

    public static void EnsureStack()
    {
        if (!RuntimeHelpers.TryEnsureSufficientExecutionStack())
            throw Fault.Recursion("values or expressions are nested too deeply");
    }

    void Exhausted() => throw Fault.Budget($"the template takes more than {limits.MaxSteps} steps; it loops without end or does far more than a prompt needs");

    void Full(long characters) => throw Fault.Budget(
        $"the template holds or makes more than {memoryLimit} characters" + (characters > 0 ? $" ({characters} more were asked for)" : "") + "; it grows without end or does far more than a prompt needs");
}
